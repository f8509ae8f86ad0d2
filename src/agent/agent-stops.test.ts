/** Stops, deletions, pauses: what a user takes away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { recordKey } from './journal/journal.ts';
import { aBootedGuest, createTestNode, refusing, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });
const shutDown = { kind: 'stopped', because: 'user_stop', forced: false, graceOver: false };

test('a graceful stop asks, waits for the guest and ends as the user stop; S26 does not apply', async () => {
  const node = await aBootedGuest(running());
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.waiting?.for === 'guest_shutdown', 'asked', 100);
  assert.equal(node.seen()?.incarnation?.state, 'stopping');
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 5_000);
  assert.deepEqual(node.seen()?.incarnation?.endCause, shutDown);
  assert.equal(node.seen()?.waiting, null);
  assert.equal(node.liveCount(), 0);
});

test('a guest that was asked to power off is waited for with what comes at the end of its grace time (examples b)', async () => {
  const end = { kill: 'the process is killed', fail: 'the stop fails' };
  for (const onTimeout of ['kill', 'fail'] as const) {
    const node = createTestNode();
    node.boot();
    node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
    const spec = testSpec({ stop: { graceSeconds: 60, onTimeout } });
    node.assign(running({ spec }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    await node.clock.advance(5_000);
    node.assign(running({ spec, generation: 2, desiredPhase: 'stopped' }));
    await node.until((seen) => seen?.waiting?.for === 'guest_shutdown', 'asked');
    await node.clock.advance(1_000);
    const { incarnation, waiting } = node.seen() ?? {};
    const killAt = new Date(incarnation?.stopping?.killAt ?? 0).toISOString().slice(11, 19);
    const says = `ACPI power button sent; ${end[onTimeout]} at ${killAt} if the guest does not power off`;
    assert.equal(waiting?.message, says);
    assert.equal((waiting?.deadline ?? 0) - (waiting?.since ?? 0), 90_000, 'grace and half a minute (F1)');
  }
});

test('start during a graceful stop waits for the end, then starts a new incarnation', async () => {
  const node = await aBootedGuest(running());
  const first = node.seen()?.incarnation?.id;
  node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.incarnation?.state === 'stopping', 'condemned');
  node.assign(running({ generation: 3, run: 2 }));
  await node.clock.advance(30_000);
  assert.equal(node.seen()?.incarnation?.id, first, 'the condemned one is still waited for');
  await node.until((seen) => seen?.observedGeneration === 3, 'started anew', 60_000);
  assert.notEqual(node.seen()?.incarnation?.id, first);
  assert.equal(node.liveCount(), 1);
});

test('S26 S23 stop_timeout under fail stands and is not repeated; start repairs it on the live incarnation', async () => {
  const node = createTestNode();
  node.boot();
  const spec = testSpec({ stop: { graceSeconds: 5, onTimeout: 'fail' } });
  node.assign(running({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
  const first = node.seen()?.incarnation?.id;
  node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
  node.assign(running({ spec, generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.operationError !== null && seen !== undefined, 'timed out', 10_000);
  const error = node.seen()?.operationError?.reason;
  assert.equal(error?.code, 'stop_timeout');
  await node.clock.advance(120_000);
  const told = node.plane.reports.flatMap(({ events }) => events).filter(({ code }) => code === 'stop_timeout');
  assert.deepEqual(
    told.map(({ message }) => message),
    [error.message],
    'told once, in one sentence',
  );
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.equal(node.seen()?.incarnation?.state, 'running', 'the condemned mark is taken away');
  assert.equal(node.liveCount(), 1);
  node.assign(running({ spec, generation: 3 }));
  await node.until((seen) => seen?.observedGeneration === 3, 'repaired', 1_000);
  assert.equal(node.seen()?.operationError, null);
  assert.equal(node.seen()?.incarnation?.id, first, 'the same incarnation goes on');
});

test('S24 start on a healthy running instance is a no-op', async () => {
  const node = createTestNode();
  const { life } = node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const spawns = () => life.calls.filter((call) => call === 'runtime.spawn').length;
  node.assign(running({ generation: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'in sync again');
  assert.equal(spawns(), 1);
});

test('pause survives an agent restart, and resume lets the same incarnation go on', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  node.assign(running({ generation: 2, desiredPaused: true }));
  await node.until((seen) => seen?.observedGeneration === 2, 'paused');
  assert.equal(node.seen()?.guest, 'paused');
  node.kill();
  node.boot();
  await node.clock.advance(30_000);
  assert.equal(node.seen()?.guest, 'paused');
  node.assign(running({ generation: 3 }));
  await node.until((seen) => seen?.observedGeneration === 3, 'resumed');
  assert.equal(node.seen()?.guest, 'running');
  assert.equal(node.seen()?.incarnation?.id, first);
});

test('a deleted instance is removed to the last file, told until its entry leaves, then forgotten', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const gone = running({ generation: 2, desiredPhase: 'deleted', stopMode: 'forced' });
  node.assign(gone);
  await node.clock.advanceUntil(() => node.plane.reports.at(-1)?.removed.includes(testUid) === true, 5_000, 'removed');
  assert.equal(node.liveCount(), 0);
  assert.equal(node.world.instances.size, 0);
  assert.deepEqual(
    [...node.imageDisk.pins.values()].filter((pins) => pins.size > 0),
    [],
  );
  assert.deepEqual(
    [...node.medium.backup().entries].filter(({ key }) => key.startsWith('record/')),
    [],
  );
  await node.clock.advance(35_000);
  assert.deepEqual(node.plane.reports.at(-1)?.removed, [testUid]);
  node.assign();
  await node.clock.advance(35_000);
  assert.deepEqual(node.plane.reports.at(-1)?.removed, []);
  assert.deepEqual(node.plane.reports.at(-1)?.unassigned, []);
});

test('a deletion of an instance that this node never knew is reported as removed', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ desiredPhase: 'deleted' }));
  await node.clock.advanceUntil(() => node.plane.reports.at(-1)?.removed.includes(testUid) === true, 1_000, 'removed');
});

test('a stop during a download takes its place at once', async () => {
  const node = createTestNode();
  node.sources.hold('https://images.example.org/vmlinuz');
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'waiting');
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 100);
  assert.equal(node.seen()?.failure, null);
  assert.deepEqual(node.events(), ['starting'], 'what is given up did not fail');
  assert.equal(node.liveCount(), 0);
});

test('a change in place that a stop comes over is given up, and did not fail', async () => {
  const node = createTestNode();
  node.boot();
  const spec = testSpec({ memoryMib: 256, memoryMaxMib: 512 });
  node.assign(running({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
  // Its monitor answers the look that finds the difference, and nothing after that.
  let asked = 0;
  node.world.faults = { ...node.world.faults, monitorSilent: () => asked++ > 0 };
  node.assign(running({ spec: { ...spec, memoryMib: 384 }, generation: 2 }));
  await node.clock.advance(1_000);
  assert.ok(node.events().includes('updating'));
  node.assign(running({ spec, generation: 3, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((seen) => seen?.observedGeneration === 3, 'stopped', 1_000);
  assert.deepEqual(node.seen()?.history, []);
});

test('a start under way comes to nothing when no assignment names the instance any more', async () => {
  const node = createTestNode();
  const arrive = node.sources.hold('https://images.example.org/vmlinuz');
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'waiting');
  node.assign();
  await node.clock.advance(1_000);
  arrive();
  await node.clock.advance(60_000);
  assert.equal(node.liveCount(), 0);
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'assigned again');
  assert.equal(node.liveCount(), 1);
});

test('F2 poweroff of an instance whose monitor is silent kills by proven pid', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.world.hang(testUid);
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'off', 30_000);
  assert.equal(node.liveCount(), 0);
});

test('F1 a stop that never ends is an error after its deadline, and goes on being tried', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const end = node.world.endProcess;
  node.world.endProcess = () => undefined;
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((seen) => seen?.operationError?.reason.code === 'operation_deadline_exceeded', 'overdue', 120_000);
  assert.equal(node.liveCount(), 1);
  node.world.endProcess = end;
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped at last', 400_000);
  assert.equal(node.seen()?.operationError, null);
});

test('F1 a deletion that never ends is an error after 10 min, not before, and goes on being tried', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const end = node.world.endProcess;
  node.world.endProcess = () => undefined;
  node.assign(running({ generation: 2, desiredPhase: 'deleted', stopMode: 'forced' }));
  await node.clock.advance(590_000);
  assert.equal(node.seen()?.operationError?.reason.code, undefined);
  await node.until((seen) => seen?.operationError?.reason.code === 'operation_deadline_exceeded', 'overdue', 60_000);
  node.world.endProcess = end;
  await node.clock.advanceUntil(
    () => node.plane.reports.at(-1)?.removed.includes(testUid) === true,
    400_000,
    'removed at last',
  );
  assert.equal(node.liveCount(), 0);
});

test('a corrected image URL takes the place of a start that hangs on the wrong one', async () => {
  const node = createTestNode();
  const wrong = 'https://images.example.org/wrong';
  node.sources.put(wrong, new Uint8Array(2_048));
  node.sources.hold(wrong);
  node.boot();
  node.assign(running({ spec: testSpec({ kernel: wrong }) }));
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'waiting');
  node.assign(running({ generation: 2, specHash: 'sha256:bb' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'started from the right one', 1_000);
  assert.equal(node.seen()?.incarnation?.runningHash, 'sha256:bb');
  assert.equal(node.liveCount(), 1);
});

test('a stop in the middle of a backoff leaves no next try behind (F5)', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  for (let crash = 1; crash <= 3; crash += 1) {
    await node.until((seen) => seen?.incarnation?.state === 'running', 'running again');
    for (const process of node.world.vmProcesses(testUid)) node.world.endProcess(process, { kind: 'code', code: 1 });
    await node.until((seen) => seen?.restart.attempt === crash, `crash ${crash} seen`);
  }
  await node.until((seen) => (seen?.restart.nextAt ?? 0) > node.clock.now(), 'backing off', 1_000);
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 1_000);
  assert.deepEqual(node.seen()?.restart, { attempt: 0, nextAt: null });
  assert.equal(node.seen()?.failure, null);
  await node.clock.advance(600_000);
  assert.equal(node.liveCount(), 0);
});

for (const silentMs of [0, 3_000]) {
  const first = silentMs > 0 ? ', also where its monitor is silent at the first look' : '';
  test(`a guest is asked before it is killed, whenever the agent died and however long it was away${first}`, () =>
    askedFirst(silentMs));
}

async function askedFirst(silentMs: number): Promise<void> {
  const spec = testSpec({ stop: { graceSeconds: 60, onTimeout: 'kill' } });
  let crashes = 0;
  for (let at = 1; at < 40; at++) {
    const node = createTestNode();
    node.boot({ at, effect: 'none' });
    node.assign(aDesired({ spec }));
    await node.clock.advance(30_000);
    if (node.lastCrashed()) continue;
    node.assign(aDesired({ generation: 2, desiredPhase: 'stopped', spec }));
    await node.clock.advance(2);
    if (!node.lastCrashed()) continue;
    crashes += 1;
    await node.clock.advance(600_000);
    // Asked before the agent died, and nobody can see that it obeyed.
    if (silentMs > 0 && node.world.vmProcesses(testUid)[0]?.vm?.state() === 'powered_off') continue;
    node.world.faults = { ...node.world.faults, monitorSilent: () => silentMs > 0 };
    node.boot();
    await node.clock.advance(silentMs);
    node.world.faults = { ...node.world.faults, monitorSilent: () => false };
    await node.until((seen) => seen?.incarnation?.state === 'destroyed', 'stopped', 120_000);
    assert.ok(!node.events().includes('killed'), `it powers off by itself, call ${at}`);
  }
  assert.ok(crashes >= 3, `${crashes} windows`);
}

test('a paused guest that was never asked has its grace time when the agent comes back late, whenever it died', async () => {
  const spec = testSpec({ stop: { graceSeconds: 60, onTimeout: 'kill' } });
  let unasked = 0;
  for (let at = 1; at < 20; at++) {
    const node = createTestNode();
    node.boot();
    node.assign(aDesired({ spec }));
    await node.clock.advance(5_000);
    node.assign(aDesired({ generation: 2, desiredPaused: true, spec }));
    await node.until((seen) => seen?.observedGeneration === 2, 'paused');
    node.kill();
    node.boot({ at, effect: 'none' });
    await node.clock.advance(1_000);
    if (node.lastCrashed()) continue;
    node.assign(aDesired({ generation: 3, desiredPhase: 'stopped', spec }));
    await node.clock.advance(2);
    if (!node.lastCrashed()) break;
    await node.clock.advance(600_000);
    if (node.world.vmProcesses(testUid)[0]?.vm?.state() === 'paused') unasked += 1;
    node.boot();
    await node.until((seen) => seen?.incarnation?.state === 'destroyed', 'stopped', 120_000);
    assert.ok(!node.events().includes('killed'), `it powers off by itself, call ${at}`);
  }
  assert.ok(unasked >= 2, `${unasked} windows`);
});

test('F1 a paused guest that stops again whenever it is let go is killed at the end of its grace time', async () => {
  const node = createTestNode();
  const { life } = node.boot();
  node.assign(running({ desiredPaused: true }));
  await node.until((seen) => seen?.observedGeneration === 1, 'paused');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  assert.ok(vm);
  const { resume } = vm;
  vm.resume = () => {
    resume();
    vm.pause();
  };
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 90_000);
  assert.ok(node.events().includes('killed'));
  const letGo = life.calls.filter((call) => call === 'runtime.resume').length;
  assert.ok(letGo < 20, `let go ${letGo} times within a minute`);
});

test('a stop that cannot be journaled is not begun: after a crash nobody would know that it was the stop of a user (F4)', async () => {
  let isFull = false;
  const node = createTestNode({
    journal: (store) =>
      refusing(store, ({ put = [] }) => isFull && put.every(({ key: row }) => row.startsWith(recordKey(testUid)))),
  });
  node.boot();
  node.assign(aDesired({ spec: testSpec() }));
  await node.until((seen) => seen?.guest === 'running', 'runs');
  isFull = true;
  node.assign(aDesired({ spec: testSpec(), generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.clock.advance(120_000);
  assert.equal(node.liveCount(), 1);
  isFull = false;
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 400_000);
  assert.equal(node.seen()?.incarnation?.endCause?.kind, 'stopped');
});
