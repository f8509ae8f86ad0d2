import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryStore } from '../adapters/store/memory.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import { put, vmKey } from './rows.ts';
import { createVmIndex, type VmIndex } from './vm-index.ts';

type Labels = Readonly<Record<string, string>>;

const recordOf = (name: string, labels: Labels): VmRecord =>
  ({ uid: `uid-${name}`, name, labels, spec: { nics: [], dependsOn: [] } }) as unknown as VmRecord;

const compare = (index: VmIndex, now: ReadonlyMap<string, Labels>): void => {
  for (const key of ['app', 'tier', 'constructor']) {
    for (const value of [null, '', 'a', 'b']) {
      const expected = [...now].filter(([, all]) => {
        return Object.hasOwn(all, key) && (value === null || all[key] === value);
      });
      assert.deepEqual(index.withLabel(key, value), expected.map(([found]) => found).sort(), `${key}=${value}`);
    }
  }
};

test('whatever changes, the index of labels is that of the labels there are, whenever it is asked for them', async () => {
  const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'constructor'), fc.constantFrom('', 'a', 'b'));
  const change = fc.record({ name: fc.constantFrom('vm-1', 'vm-2', 'vm-3'), labels: fc.option(labels) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      const store = createMemoryStore();
      const index = createVmIndex(store, () => undefined);
      const askedLate = createVmIndex(store, () => undefined);
      const now = new Map<string, Labels>();
      for (const { name, labels } of changes) {
        if (labels === null) await store.commit({ delete: [vmKey(name)] });
        else await store.commit({ put: [put(vmKey(name), recordOf(name, labels))] });
        if (labels === null) now.delete(name);
        else now.set(name, labels);
        compare(index, now);
        if (now.size === 2) compare(askedLate, now);
      }
      compare(askedLate, now);
      index.close();
      askedLate.close();
      await store.close();
    }),
    { numRuns: 100 },
  );
});
