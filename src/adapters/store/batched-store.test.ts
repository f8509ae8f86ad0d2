import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BatchWriter } from './batch-writer.ts';
import { BatchedStore, maxCommitsPerBatch, maxQueuedCommits } from './batched-store.ts';

/** A writer whose turns and writes end when the test says so. */
function heldWriter({ enoughCommits = Number.POSITIVE_INFINITY, answersPerTurn = Number.POSITIVE_INFINITY }) {
  const starts: (() => void)[] = [];
  const writes: { readonly commits: number; readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  const writer: BatchWriter = {
    encode: () => undefined,
    schedule: (start) => void starts.push(start),
    enoughCommits,
    answersPerTurn,
    write: ({ commits }) =>
      new Promise((resolve, reject) => {
        writes.push({ commits: commits.length, end: resolve, fail: reject });
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

function storeOn(pace: Parameters<typeof heldWriter>[0]) {
  const held = heldWriter(pace);
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
    const { writes, endTurn, commit } = storeOn({ enoughCommits: 4 });
    const done = commit(3);
    assert.deepEqual(sizes(writes), []);
    endTurn();
    assert.deepEqual(sizes(writes), [3]);
    writes[0]?.end();
    await Promise.all(done);
  });

  it('begins a batch within the turn when enough commits wait, and the next with all that came meanwhile', async () => {
    const { writes, endTurn, commit, store } = storeOn({ enoughCommits: 4 });
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

  it('answers the callers of a batch in order, some in each turn, and closes when all are answered', async () => {
    const { writes, endTurn, commit, store } = storeOn({ answersPerTurn: 2 });
    const answered: number[] = [];
    const done = commit(5).map((one, index) => one.then(() => answered.push(index)));
    endTurn();
    writes[0]?.end();
    await done[1];
    assert.deepEqual(answered, [0, 1]);
    assert.equal(store.revision(), 2, 'nobody sees more of it');
    let closed = false;
    const closing = store.close().then(() => {
      closed = true;
    });
    endTurn();
    await done[3];
    assert.deepEqual([answered, closed], [[0, 1, 2, 3], false]);
    endTurn();
    await closing;
    assert.deepEqual(answered, [0, 1, 2, 3, 4]);
  });

  it('keeps what is durable and not yet told when the next batch fails', async () => {
    const { writes, endTurn, commit, store } = storeOn({ answersPerTurn: 2 });
    const durable = commit(5);
    endTurn();
    writes[0]?.end();
    await durable[1];
    const lost = commit(2);
    endTurn();
    writes[1]?.fail(new Error('no room'));
    for (const one of lost) await assert.rejects(one, /no room/);
    assert.equal(store.revision(), 5);
    assert.deepEqual([store.get('key/5')?.value, store.get('key/6')], [5, undefined]);
    const next = store.commit({ expect: [{ key: 'key/5', modRevision: 5 }], put: [{ key: 'key/5', value: 'new' }] });
    for (let turn = 0; turn < 4; turn += 1) endTurn();
    await Promise.all(durable);
    writes[2]?.end();
    await new Promise(setImmediate);
    for (let turn = 0; turn < 4; turn += 1) endTurn();
    assert.deepEqual(await next, { ok: true, revision: 8 });
    assert.equal(store.get('key/5')?.value, 'new');
  });

  it('lets answers of a later batch wait behind those of the one before', async () => {
    const { writes, endTurn, commit } = storeOn({ answersPerTurn: 2 });
    const answered: string[] = [];
    const first = commit(3).map((one) => one.then(() => answered.push('first')));
    endTurn();
    writes[0]?.end();
    await first[1];
    const second = commit(2).map((one) => one.then(() => answered.push('second')));
    endTurn();
    await first[2];
    writes[1]?.end();
    await Promise.all(second);
    assert.deepEqual(answered, ['first', 'first', 'first', 'second', 'second']);
  });

  it('answers as fast as commits come: callers of a store that is asked for more each turn do not pile up', async () => {
    const { writes, endTurn, commit } = storeOn({ enoughCommits: 24, answersPerTurn: 8 });
    const perTurn = 100;
    let open = 0;
    const answers: Promise<unknown>[] = [];
    for (let turn = 0; turn < 300; turn += 1) {
      open += perTurn;
      for (const one of commit(perTurn)) answers.push(one.then(() => (open -= 1)));
      endTurn();
      for (const { end } of writes.splice(0)) end();
      await new Promise(setImmediate);
      assert.ok(open <= 20 * perTurn, `${open} callers wait in turn ${turn}`);
    }
    while (open > 0) {
      endTurn();
      for (const { end } of writes.splice(0)) end();
      await new Promise(setImmediate);
    }
    await Promise.all(answers);
  });

  it('counts callers whose answers wait for those that may wait: memory stays bounded', async () => {
    const { writes, endTurn, commit } = storeOn({ enoughCommits: 24, answersPerTurn: 8 });
    let refused = 0;
    let open = 0;
    const settled: Promise<unknown>[] = [];
    while (settled.length < 2 * maxQueuedCommits) {
      for (const one of commit(maxCommitsPerBatch)) {
        open += 1;
        const done = () => (open -= 1);
        settled.push(
          one.then(done, ({ code }) => {
            assert.equal(code, 'store_busy');
            refused += 1;
            done();
          }),
        );
      }
      for (const { end } of writes.splice(0)) end();
      await new Promise(setImmediate);
    }
    assert.ok(open <= maxQueuedCommits + maxCommitsPerBatch, `${open} callers wait`);
    assert.ok(refused > 0);
    while (open > 0) {
      endTurn();
      for (const { end } of writes.splice(0)) end();
      await new Promise(setImmediate);
    }
    await Promise.all(settled);
  });
});
