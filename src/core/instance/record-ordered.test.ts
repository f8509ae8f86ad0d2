import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordGuestStateMet } from './record-incarnation.ts';
import { recordOrdered } from './record-ordered.ts';
import { recordLeft, recordRealised, recordSeen } from './record-outcome.ts';
import { isRootKept, rootIdentity, rootImageOf } from './root-disk.ts';
import { aDesired, aRecord, aRunningRecord, aSpec } from './testing/builders.ts';

const store = { clusterId: 'c1', epoch: 1 };
const restored = { clusterId: 'c1', epoch: 2 };
const order = (generation: number, image: string) =>
  aDesired({ generation, spec: aSpec({ imageUrl: `https://images.example.org/${image}`, imageFormat: 'raw' }) });
const [first, changed] = [order(1, 'first'), order(2, 'changed')];
/** Its root disk was made from the first image; the order that changes it has arrived and is not carried out yet. */
const made = aRecord({ rootMadeFrom: `${first.spec.imageUrl}#aa`, orderedBy: store, disksMade: ['data'] });
const following = recordOrdered(made, changed, { store, heldFrom: store, before: first });

test('an image that a user agreed to is still agreed to once another store names it, also after no assignment named the VM', () => {
  assert.equal(isRootKept(changed, following), false);
  const again = recordOrdered(following, changed, { store: restored, heldFrom: store, before: changed });
  assert.equal(isRootKept(changed, again), false);
  const left = recordLeft(following, changed);
  const back = recordOrdered(left, changed, { store: restored, heldFrom: store, before: null });
  assert.equal(isRootKept(changed, back), false);
});

test('an image that only a store which knows less names is agreed to by nobody, until it is changed there', () => {
  const other = order(3, 'other');
  const kept = recordOrdered(made, other, { store: restored, heldFrom: store, before: first });
  assert.equal(isRootKept(other, kept), true);
  const same = recordOrdered(kept, { ...other, generation: 4 }, { store: restored, heldFrom: restored, before: other });
  assert.equal(isRootKept(other, same), true, 'said again by the same store');
  const later = recordOrdered(kept, changed, { store: restored, heldFrom: restored, before: other });
  assert.equal(isRootKept(changed, later), false, 'whoever changed it there was asked');
});

test('whose orders a record has seen that does not say so is taken from the assignment before', () => {
  const old = { ...made, orderedBy: null };
  const without = { ...first, generation: 2 };
  const sameStore = recordOrdered(old, without, { store, heldFrom: store, before: first });
  assert.deepEqual([sameStore.disksToDrop, sameStore.orderedBy], [['data'], store], 'it was taken out');
  const otherStore = recordOrdered(old, without, { store: restored, heldFrom: store, before: first });
  assert.deepEqual([otherStore.disksToDrop, otherStore.disksMade], [[], []], 'it was never known, and stays');
});

test('what a root disk was made from is read as it was written, whatever its URL holds', () => {
  const image = { url: 'https://images.example.org/disk.raw#release=7', sha256: 'aa' };
  assert.deepEqual(rootImageOf(aRecord({ rootMadeFrom: rootIdentity(image) })), image);
});

test('what a node has seen and realised only grows, also where a store that was restored orders by older numbers (S2b)', () => {
  const ahead = aRecord({ seenGeneration: 5, observedGeneration: 5, guestStateMet: 5, placement: 3 });
  const seen = recordSeen(ahead, aDesired({ generation: 4, placement: 2, name: 'renamed' }));
  assert.deepEqual([seen.name, seen.seenGeneration, seen.placement], ['renamed', 5, 3]);
  const older = aDesired({ generation: 4, desiredPhase: 'stopped' });
  const reason = { code: 'hypervisor_exited', message: 'It exited', at: 0, details: {} } as const;
  const failed = { ...ahead, failure: { reason, generation: 4, run: 1 } };
  assert.deepEqual(recordRealised(failed, older).observedGeneration, 5);
  assert.equal(recordGuestStateMet(ahead, older).guestStateMet, 5);
});

test('a newer run is tried at once, whatever the one before failed of; a newer order of the same run waits on', () => {
  const restart = { attempt: 4, nextAt: 60_000 };
  const failing = aRunningRecord({ restart, seenGeneration: 1 });
  assert.deepEqual(recordSeen(failing, aDesired({ generation: 2, run: 1 })).restart, restart);
  assert.deepEqual(recordSeen(failing, aDesired({ generation: 2, run: 2 })).restart, { attempt: 0, nextAt: null });
});
