import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryStore } from '../adapters/store/memory.ts';
import { anObservation, aPlacement, aStored, aVmRecord, testNow } from '../core/convergence/testing/builders.ts';
import { asUid, type Uid } from '../core/kit/brand.ts';
import type { Commit } from '../ports/store.ts';
import { createVirtualClock } from '../sim/virtual-clock.ts';
import { createReadModel } from './read-model.ts';
import { nodeKey, observationKey, placementKey, put, vmKey } from './rows.ts';

const names = ['vm-1', 'vm-2'] as const;

const changes = fc.record({
  name: fc.constantFrom(...names),
  life: fc.constantFrom(1, 2),
  what: fc.constantFrom('vm', 'removal', 'placement', 'other node', 'no placement', 'observation', 'node'),
  number: fc.nat(9),
});
type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never;

const uidOf = ({ name, life }: Pick<Change, 'name' | 'life'>): Uid =>
  asUid(`00000000-0000-7000-800${life}-00000000000${name.at(-1)}`);

function commitOf({ name, life, what, number }: Change): Commit {
  const uid = uidOf({ name, life });
  const placed = { ...aPlacement, uid, number };
  switch (what) {
    case 'vm':
      return { put: [put(vmKey(name), aVmRecord({ uid, name, run: number }))] };
    case 'removal':
      return { delete: [vmKey(name), placementKey(uid), observationKey(uid)] };
    case 'placement':
      return { put: [put(placementKey(uid), placed)] };
    case 'other node':
      return { put: [put(placementKey(uid), { ...placed, node: 'node-2' })] };
    case 'no placement':
      return { delete: [placementKey(uid)] };
    case 'observation':
      return { put: [put(observationKey(uid), aStored(anObservation({ uid, placement: number })))] };
    case 'node': {
      const health = { health: 'ready', healthSince: testNow - number, awaySince: null };
      return { put: [put(nodeKey('node-1'), { name: 'node-1', ...health })] };
    }
  }
}

/** A name is another's only after the removal of who had it. */
function takeName(lives: Map<string, Change['life']>, { name, life, what }: Change): readonly Commit[] {
  const before = lives.get(name);
  if (what === 'vm') lives.set(name, life);
  if (what !== 'vm' || before === undefined || before === life) return [];
  return [commitOf({ name, life: before, what: 'removal', number: 0 })];
}

test('whatever changes, a read is what the store has committed, also for who hears of it before the model does', async () => {
  const clock = createVirtualClock();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(changes, { maxLength: 4 }), { maxLength: 8 }), async (batches) => {
      const store = createMemoryStore();
      const reads: unknown[] = [];
      const expected: unknown[] = [];
      const compare = (): void => {
        const fresh = createReadModel({ store, clock });
        for (const name of names) {
          const [read, made] = [model.get(name), fresh.get(name)];
          reads.push([read?.revision, read?.view]);
          expected.push([made?.revision, made?.view]);
        }
        fresh.close();
      };
      store.watch('', 0, compare);
      const model = createReadModel({ store, clock });
      store.watch('', 0, compare);
      const lives = new Map<string, Change['life']>();
      for (const batch of batches) {
        // Without a wait between them they share a batch.
        const commits = batch.flatMap((change) => [...takeName(lives, change), commitOf(change)]);
        await Promise.all(commits.map((commit) => store.commit(commit)));
        compare();
      }
      assert.deepEqual(reads, expected);
      model.close();
      await store.close();
    }),
    { numRuns: 300 },
  );
});

test('a VM that nothing changed is the same object, so that its bodies are kept', async () => {
  const clock = createVirtualClock();
  const store = createMemoryStore();
  const model = createReadModel({ store, clock });
  const [one, other] = names.map((name) => commitOf({ name, life: 1, what: 'vm', number: 1 }));
  await store.commit(one ?? {});
  const read = model.get('vm-1');
  await store.commit(other ?? {});
  assert.ok(read !== undefined && model.get('vm-1') === read);
  model.close();
  await store.close();
});
