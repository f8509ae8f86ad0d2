import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BatchedStore, type BatchWriter } from './batched-store.ts';

/** A writer whose turns and writes end when the test says so. */
function heldWriter(enoughCommits: number) {
  const starts: (() => void)[] = [];
  const writes: { readonly commits: number; readonly end: () => void }[] = [];
  const writer: BatchWriter = {
    encode: () => undefined,
    schedule: (start) => void starts.push(start),
    enoughCommits,
    write: ({ commits }) =>
      new Promise((resolve) => {
        writes.push({ commits: commits.length, end: resolve });
      }),
    close: async () => {},
  };
  const endTurn = (): void => {
    for (const start of starts.splice(0)) start();
  };
  return { writer, writes, endTurn };
}

const empty = { epoch: 1, revision: 0, oldestRevision: 0, entries: [], changes: [] };
const sizes = (writes: readonly { readonly commits: number }[]): readonly number[] =>
  writes.map(({ commits }) => commits);

function storeOn(enoughCommits: number) {
  const held = heldWriter(enoughCommits);
  const store = new BatchedStore(held.writer, empty);
  let last = 0;
  const commit = (count: number): readonly Promise<unknown>[] =>
    Array.from({ length: count }, () => {
      last += 1;
      return store.commit({ put: [{ key: `key/${last}`, value: last }] });
    });
  return { ...held, store, commit };
}

describe('batches of a store', () => {
  it('shares one batch among all commits of a turn that are not enough to begin at once', async () => {
    const { writes, endTurn, commit } = storeOn(4);
    const done = commit(3);
    assert.deepEqual(sizes(writes), []);
    endTurn();
    assert.deepEqual(sizes(writes), [3]);
    writes[0]?.end();
    await Promise.all(done);
  });

  it('begins a batch within the turn when enough commits wait, and the next with all that came meanwhile', async () => {
    const { writes, endTurn, commit, store } = storeOn(4);
    const done = commit(9);
    assert.deepEqual(sizes(writes), [4]);
    endTurn();
    assert.deepEqual(sizes(writes), [4], 'one batch is in flight at a time');
    writes[0]?.end();
    await Promise.all(done.slice(0, 4));
    assert.deepEqual(sizes(writes), [4, 5], 'enough wait already: nobody waits for the end of the turn');
    assert.equal(store.revision(), 4);
    writes[1]?.end();
    await Promise.all(done);
    assert.equal(store.revision(), 9);
    endTurn();
    assert.deepEqual(sizes(writes), [4, 5], 'a turn that ends later begins no empty batch');
  });
});
