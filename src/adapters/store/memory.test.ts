import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../core/kit/fault.ts';
import { storeContract } from '../../ports/store.contract.ts';
import { type BatchFate, createMemoryStore, MemoryMedium } from './memory.ts';

storeContract('memory', async ({ changeLogLimit }) => {
  const options = changeLogLimit === undefined ? {} : { changeLogLimit };
  const medium = new MemoryMedium(options);
  const fates: BatchFate[] = [];
  let held: Promise<void> | undefined;
  const decideFate = async (): Promise<BatchFate> => {
    const fate = fates.shift() ?? { kind: 'durable' };
    await held;
    return fate;
  };
  const open = () => createMemoryStore({ medium, decideFate, ...options });
  let store = open();
  return {
    store,
    async reopen() {
      await store.close();
      store = open();
      return store;
    },
    hold() {
      let release = (): void => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    failNext(code) {
      fates.push({ kind: 'refused', code });
    },
    dispose: () => store.close(),
  };
});

/** True once the promise settled, after every microtask had its turn. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('memory medium', () => {
  for (const [durableCommits, meaning] of [
    [0, 'without effect'],
    [2, 'in the middle of a batch'],
    [3, 'after the effect'],
  ] as const) {
    it(`a crash ${meaning} never answers, ends the life, and the next life finds ${durableCommits} of 3 commits`, async () => {
      const medium = new MemoryMedium();
      const store = createMemoryStore({ medium, decideFate: () => ({ kind: 'crash', durableCommits }) });
      const lost = [1, 2, 3].map((value) => store.commit({ put: [{ key: `k${value}`, value }] }));
      assert.equal(await isSettled(Promise.race(lost)), false);
      const late = store.commit({ put: [{ key: 'late', value: 0 }] });
      assert.equal(await isSettled(Promise.race([late, store.close()])), false);
      const next = createMemoryStore({ medium });
      assert.deepEqual(
        next.list('').map(({ key }) => key),
        ['k1', 'k2', 'k3'].slice(0, durableCommits),
      );
      assert.equal(next.revision(), durableCommits);
    });
  }

  it('a life that was ended while its batch was on the way neither acts nor answers', async () => {
    const medium = new MemoryMedium();
    let finish = (_: BatchFate): void => {};
    const slow = new Promise<BatchFate>((resolve) => {
      finish = resolve;
    });
    const store = createMemoryStore({ medium, decideFate: () => slow });
    const commit = store.commit({ put: [{ key: 'a', value: 1 }] });
    await new Promise((resolve) => setImmediate(resolve));
    const next = createMemoryStore({ medium });
    finish({ kind: 'durable' });
    assert.equal(await isSettled(commit), false);
    assert.equal(medium.backup().revision, 0);
    await next.commit({ put: [{ key: 'b', value: 1 }] });
    assert.deepEqual([...medium.backup().entries].length, 1);
  });

  it('a restored backup has the old entries and an epoch above both', async () => {
    const medium = new MemoryMedium();
    const store = createMemoryStore({ medium });
    await store.commit({ put: [{ key: 'a', value: 1 }] });
    const backup = medium.backup();
    await store.commit({ put: [{ key: 'a', value: 2 }] });
    medium.restore(backup);
    const restored = createMemoryStore({ medium });
    assert.equal(restored.epoch, store.epoch + 1);
    assert.equal(restored.revision(), 1);
    assert.equal(restored.get('a')?.value, 1);
    medium.restore(backup);
    assert.equal(createMemoryStore({ medium }).epoch, store.epoch + 2);
  });

  it('tells the callers that wait when too many do (store_busy)', async () => {
    const store = createMemoryStore({ decideFate: () => new Promise<BatchFate>(() => {}) });
    const { maxQueuedCommits } = await import('./batched-store.ts');
    const put = () => store.commit({ put: [{ key: 'a', value: 1 }] });
    for (let n = 0; n < maxQueuedCommits; n += 1) void put();
    await assert.rejects(put(), (error) => error instanceof Fault && error.code === 'store_busy');
  });
});
