import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../adapters/store/memory.ts';
import { aPlacement, aVmRecord } from '../core/convergence/testing/builders.ts';
import { placementKey, put, vmKey } from './rows.ts';
import { followVisibleChanges } from './visible-changes.ts';

const record = aVmRecord({ name: 'web' });
const labelled = (value: string) => put(vmKey('web'), { ...record, labels: { value } });
const grown = put(vmKey('web'), { ...record, generation: record.generation + 1 });
const placed = put(placementKey(record.uid), aPlacement);

/** A store with a VM, and the keys that a listener has heard of since, by revision. */
async function follow() {
  const store = createMemoryStore();
  await store.commit({ put: [put(vmKey('web'), record)] });
  const changes = followVisibleChanges(store);
  const heard: (readonly [number, readonly string[]])[] = [];
  const end = changes.watch(({ revision, events }) => {
    heard.push([revision, events.map((event) => (event.type === 'put' ? event.entry.key : event.key))]);
  });
  return { store, changes, heard, end };
}

test('S2b loops hear of no change that no guest can see, and of the others that came with it', async () => {
  const { store, heard } = await follow();
  await store.commit({ put: [labelled('a')] });
  await store.commit({ put: [labelled('b'), placed] });
  await store.commit({ put: [grown] });
  await store.commit({ delete: [vmKey('web')] });
  assert.deepEqual(heard, [
    [3, [placementKey(record.uid)]],
    [4, [vmKey('web')]],
    [5, [vmKey('web')]],
  ]);
});

test('who begins to listen hears of nothing that was committed before, and who ended of nothing more', async () => {
  const { store, changes, heard, end } = await follow();
  const late: number[] = [];
  await store.commit({ put: [placed] }).then(() => changes.watch(({ revision }) => late.push(revision)));
  await store.commit({ put: [grown] });
  end();
  await store.commit({ put: [placed] });
  assert.deepEqual(
    [heard.map(([revision]) => revision), late],
    [
      [2, 3],
      [3, 4],
    ],
  );
});
