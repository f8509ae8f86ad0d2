/** Guests that write while the disk of their host is full: paused by their hypervisor, and let go until there is room (S11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { createTestNode, refusing, type TestNode, testSpec } from './testing/test-node.ts';

const order = (number: number, fields: Parameters<typeof testSpec>[0] = {}) =>
  aDesired({ generation: number, spec: testSpec(fields) });

/** The disk of the host has no room from now on, and the guest writes; or it has room again. */
function fill(node: TestNode, isFull: boolean): void {
  node.world.faults = { ...node.world.faults, hasNoRoom: () => isFull };
  if (isFull) node.world.guestWrites(testUid);
}

test('S11 S8 a guest whose writes find no room on the host is told of once, as that, and let go until there is room', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(order(1, {}));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  assert.ok(vm);
  fill(node, true);
  await node.until((seen) => seen?.guest === 'io_error', 'it waits for room');
  assert.equal(node.seen()?.incarnation?.state, 'paused');
  await node.clock.advance(120_000);
  const told = () => node.plane.reports.flatMap(({ events }) => events.map(({ code }) => code));
  assert.deepEqual(
    told().filter((code) => code !== 'starting'),
    ['io_error'],
    'nobody changed anything by hand',
  );
  fill(node, false);
  await node.until((seen) => seen?.guest === 'running', 'it goes on by itself', 400_000);
  assert.equal(node.seen()?.incarnation?.state, 'running');
  await node.clock.advance(400_000);
  fill(node, true);
  await node.clock.advance(1_000);
  assert.equal(told().filter((code) => code === 'io_error').length, 2, 'another time is told again');
});

test('S11 a guest that waits for room under drift_policy detect is not told as changed by hand', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(order(1, { driftPolicy: 'detect' }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  fill(node, true);
  await node.until((seen) => seen?.guest === 'io_error', 'it waits for room');
  await node.clock.advance(120_000);
  assert.deepEqual(
    node.events().filter((code) => code !== 'starting'),
    ['io_error'],
  );
});

test('S8 a guest that waits for room on the disk of the journal is let go ever more rarely, and each failure is told once', async () => {
  let isFull = false;
  let refused = 0;
  // A loop without rest would last for ever: it ends by itself.
  const node = createTestNode({ journal: (store) => refusing(store, () => isFull && ++refused < 500) });
  node.boot();
  node.assign(order(1));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
  fill(node, true);
  await node.until((seen) => seen?.guest === 'io_error', 'it waits for room');
  isFull = true;
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  let letGo = 0;
  vm?.listeners.add(() => {
    if (vm.state() === 'running') letGo += 1;
  });
  await node.clock.advance(600_000);
  assert.ok(letGo >= 3 && letGo < 20, `let go ${letGo} times in ten minutes`);
  assert.ok(
    node.events().filter((code) => code === 'store_full').length <= 2,
    'of the journal and of what it is to hold',
  );
  isFull = false;
  fill(node, false);
  await node.until((seen) => seen?.guest === 'running' && seen.incarnation?.state === 'running', 'goes on', 600_000);
});
