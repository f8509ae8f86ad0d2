import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asIncarnationId, asUid } from '../core/kit/brand.ts';
import { anAssignment, createPlane } from '../ports/testing/control-link-samples.ts';
import { createTestNode, testImage, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });

test('S4 S18 a VM that is assigned is made real, reported running and in sync', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync', 1_000);
  const seen = node.seen();
  assert.equal(seen?.incarnation?.state, 'running');
  assert.equal(seen?.guest, 'running');
  assert.equal(seen?.incarnation?.runningHash, 'sha256:aa');
  assert.equal(node.liveCount(), 1);
  assert.equal(Object.values(seen?.images ?? {}).length, 1);
});

test('S8 passes over an unchanged world perform nothing and report nothing', async () => {
  const node = createTestNode();
  const { life } = node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
  const effects = () => life.calls.filter((call) => call !== 'runtime.observe').length;
  const before = { effects: effects(), reports: node.plane.reports.length, looks: life.calls.length };
  await node.clock.advance(20_500);
  assert.equal(effects(), before.effects);
  assert.ok(life.calls.length >= before.looks + 2, 'the passes looked');
  assert.equal(node.plane.reports.length, before.reports);
});

test('S18 a desired change begins at once, not at the next pass', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(3_000);
  const began = node.clock.now();
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.clock.advanceUntil(() => node.liveCount() === 0, 100, 'killed');
  assert.ok(node.clock.now() - began <= 1, `began after ${node.clock.now() - began} ms`);
});

test('S18 F5 a killed process is restarted at once by policy, with a new incarnation of the same run', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  const process = node.world.vmProcesses(testUid)[0];
  assert.ok(process);
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.incarnation?.state === 'running' && seen.incarnation.id !== first, 'again', 100);
  assert.equal(node.liveCount(), 1);
  assert.equal(node.seen()?.incarnation?.run, 1);
  assert.deepEqual(
    node.seen()?.history.map(({ code }) => code),
    ['hypervisor_exited'],
  );
  assert.equal(node.seen()?.restart.attempt, 1);
});

test('F5 under restart_policy never a killed process stays dead and is an error', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ spec: testSpec({ restartPolicy: 'never' }) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const process = node.world.vmProcesses(testUid)[0];
  assert.ok(process);
  node.world.endProcess(process, { kind: 'code', code: 3 });
  await node.clock.advance(120_000);
  assert.equal(node.liveCount(), 0);
  assert.equal(node.seen()?.failure?.reason.code, 'hypervisor_exited');
});

test('F5 a guest power-off ends the run under never and on_failure, restarts under always; start brings it back', async () => {
  for (const restartPolicy of ['never', 'on_failure', 'always'] as const) {
    const node = createTestNode();
    node.boot();
    node.assign(running({ spec: testSpec({ restartPolicy }) }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    const first = node.seen()?.incarnation?.id;
    node.world.guestPowersOff(testUid);
    await node.clock.advance(60_000);
    if (restartPolicy === 'always') {
      assert.equal(node.liveCount(), 1, restartPolicy);
      assert.notEqual(node.seen()?.incarnation?.id, first);
      continue;
    }
    assert.equal(node.liveCount(), 0, restartPolicy);
    assert.equal(node.seen()?.runEnded?.cause, 'guest_power_off');
    assert.equal(node.seen()?.failure, null);
    node.assign(running({ spec: testSpec({ restartPolicy }), generation: 2, run: 2 }));
    await node.until((seen) => seen?.observedGeneration === 2, 'started again', 1_000);
    assert.equal(node.liveCount(), 1);
    assert.equal(node.seen()?.incarnation?.run, 2);
  }
});

test('a graceful stop asks, waits for the guest and ends as the user stop; S26 does not apply', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.waiting?.for === 'guest_shutdown', 'asked', 100);
  assert.equal(node.seen()?.incarnation?.state, 'stopping');
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 5_000);
  assert.deepEqual(node.seen()?.incarnation?.endCause, { kind: 'stopped', because: 'user_stop', forced: false });
  assert.equal(node.seen()?.waiting, null);
  assert.equal(node.liveCount(), 0);
});

test('start during a graceful stop waits for the end, then starts a new incarnation', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
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
  assert.equal(node.seen()?.operationError?.reason.code, 'stop_timeout');
  await node.clock.advance(120_000);
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

test('S11 a pause behind our back is corrected, or only reported under drift_policy detect', async () => {
  for (const driftPolicy of ['correct', 'detect'] as const) {
    const node = createTestNode();
    node.boot();
    node.assign(running({ spec: testSpec({ driftPolicy }) }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    node.world.guestIsPaused(testUid);
    await node.clock.advance(30_000);
    assert.equal(node.seen()?.guest, driftPolicy === 'correct' ? 'running' : 'paused', driftPolicy);
  }
});

test('F4 an agent restart leaves instances running and adopts them', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  node.kill();
  await node.clock.advance(60_000);
  assert.equal(node.liveCount(), 1);
  const { life } = node.boot();
  await node.clock.advance(30_000);
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.equal(node.seen()?.incarnation?.state, 'running');
  assert.equal(life.calls.filter((call) => call === 'runtime.spawn').length, 0);
});

test('F4 without a control plane the agent converges from its journal', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.unplug();
  node.kill();
  const process = node.world.vmProcesses(testUid)[0];
  assert.ok(process);
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  node.boot();
  await node.clock.advanceUntil(() => node.liveCount() === 1, 5_000, 'restarted while alone');
});

test('F5 a host reboot while the agent is down is no failure; start_at_boot decides', async () => {
  for (const startAtBoot of [true, false]) {
    const node = createTestNode();
    node.boot();
    node.assign(running({ spec: testSpec({ startAtBoot }) }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    node.kill();
    node.world.rebootHost();
    node.boot();
    await node.clock.advance(30_000);
    assert.equal(node.liveCount(), startAtBoot ? 1 : 0);
    assert.equal(node.seen()?.failure, null);
    assert.deepEqual(node.seen()?.history, []);
    assert.equal(node.seen()?.runEnded?.cause ?? null, startAtBoot ? null : 'host_reboot');
  }
});

test('a run that is superseded while the agent is down is replaced when it comes back', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
  node.kill();
  node.assign(running({ generation: 2, run: 2 }));
  await node.clock.advance(60_000);
  node.boot();
  await node.until((seen) => seen?.observedGeneration === 2, 'rebooted');
  assert.equal(node.seen()?.incarnation?.run, 2);
  assert.equal(node.liveCount(), 1);
});

test('absence never destroys: an instance that leaves the assignment is left running and reported unassigned', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.assign();
  await node.clock.advance(400_000);
  assert.equal(node.liveCount(), 1);
  const unassigned = node.plane.reports.at(-1)?.unassigned;
  assert.deepEqual(unassigned, [{ uid: testUid, name: 'web-1', state: 'running' }]);
  node.kill();
  node.boot();
  await node.clock.advance(400_000);
  assert.equal(node.liveCount(), 1);
  const first = node.world.vmProcesses(testUid)[0]?.pid;
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'assigned again');
  assert.equal(node.world.vmProcesses(testUid)[0]?.pid, first, 'the same process is adopted');
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

test('an assignment of another cluster_id is refused with an event and changes nothing', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const before = node.plane;
  const foreign = createPlane();
  const connect = foreign.service.connect;
  foreign.service = { connect: async (...args) => ({ ...(await connect(...args)), clusterId: 'cluster-2' }) };
  node.replacePlane(foreign);
  foreign.publish({
    ...anAssignment(99, [running({ generation: 9, desiredPhase: 'deleted' })]),
    clusterId: 'cluster-2',
  });
  await node.clock.advance(60_000);
  assert.equal(node.liveCount(), 1);
  assert.deepEqual(foreign.reports, []);
  node.replacePlane(before);
  await node.clock.advanceUntil(() => node.events().includes('wrong_cluster'), 30_000, 'told its own cluster');
});

test('F1 an image that does not come is an error after 5 min without progress, and goes on being tried', async () => {
  const node = createTestNode();
  const release = node.sources.hold('https://images.example.org/vmlinuz');
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'waiting');
  await node.until((seen) => seen?.failure?.reason.code === 'operation_deadline_exceeded', 'overdue', 400_000);
  release();
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync', 60_000);
  assert.equal(node.seen()?.failure, null);
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
  assert.equal(node.liveCount(), 0);
});

test('F2 a silent monitor is neither death nor failure; the guest goes on', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  node.world.faults = { ...node.world.faults, monitorSilent: () => true };
  await node.until((seen) => seen?.guest === 'silent', 'silent', 30_000);
  await node.clock.advance(400_000);
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.equal(node.seen()?.incarnation?.state, 'running');
  assert.notEqual(node.seen()?.silentSince, null);
  node.world.faults = { ...node.world.faults, monitorSilent: () => false };
  await node.until((seen) => seen?.guest === 'running' && seen.silentSince === null, 'answers again', 30_000);
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

test('a mutable image URL whose bytes changed is checksum_mismatch at the next realisation, never other bytes', async () => {
  const node = createTestNode();
  node.boot();
  const spec = testSpec({ imageUrl: testImage, imageFormat: 'raw' });
  node.assign(running({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const madeAs = node.world.instances.get(testUid)?.root?.madeAs;
  node.sources.put(testImage, new Uint8Array(64 * 1024).fill(9));
  node.imageDisk.entries.clear();
  node.assign(running({ spec, generation: 2, run: 2 }));
  await node.until((seen) => seen?.failure?.reason.code === 'checksum_mismatch', 'refused', 120_000);
  assert.equal(node.world.instances.get(testUid)?.root?.madeAs, madeAs, 'the disk is as it was');
});

test('host_port 0: each instance keeps a port of its own across restarts', async () => {
  const node = createTestNode();
  node.boot();
  const nics = [
    {
      name: 'eth0',
      network: 'user',
      mac: '52:54:00:00:00:01',
      forwards: [{ protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort: 0, guestPort: 80 }],
    },
  ];
  const other = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c11');
  const both = (run: number) => [
    running({ spec: testSpec({ nics }), generation: run, run }),
    running({ spec: testSpec({ nics }), generation: run, run, uid: other, name: 'web-2' }),
  ];
  node.assign(...both(1));
  await node.clock.advance(10_000);
  const ports = [node.seen()?.hostPorts['eth0/0'], node.seen(other)?.hostPorts['eth0/0']];
  assert.ok(ports[0] !== undefined && ports[1] !== undefined && ports[0] !== ports[1]);
  node.assign(...both(2));
  await node.clock.advance(120_000);
  assert.equal(node.seen()?.incarnation?.run, 2);
  assert.deepEqual([node.seen()?.hostPorts['eth0/0'], node.seen(other)?.hostPorts['eth0/0']], ports);
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

test('F1 files that are never done are given up after 5 min; the next attempt succeeds', async () => {
  const node = createTestNode({ times: { realiseMs: 10_000_000, spawnMs: 0 } });
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.waiting?.for === 'disks', 'making disks');
  await node.until((seen) => seen?.failure?.reason.code === 'operation_deadline_exceeded', 'overdue', 400_000);
  assert.equal(node.seen()?.incarnation?.state, 'failed');
});

test('S11 a change in place is made on the live process, with a port of the node for a new forward', async () => {
  const node = createTestNode();
  const { life } = node.boot();
  const forward = (guestPort: number) => ({ protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort: 0, guestPort });
  const nic = { name: 'eth0', network: 'user', mac: '52:54:00:00:00:01' };
  const withForwards = (...forwards: readonly ReturnType<typeof forward>[]) =>
    testSpec({ nics: [{ ...nic, forwards }] });
  node.assign(running({ spec: withForwards(forward(80)) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.hostPorts['eth0/0'];
  node.assign(running({ spec: withForwards(forward(80), forward(22)), generation: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'in sync again', 10_000);
  const seen = node.seen();
  assert.equal(seen?.hostPorts['eth0/0'], first);
  const ports = seen?.facts?.nics[0]?.forwards.map(({ hostPort }) => hostPort) ?? [];
  assert.deepEqual(ports.toSorted(), Object.values(seen?.hostPorts ?? {}).toSorted());
  assert.equal(life.calls.filter((call) => call === 'runtime.spawn').length, 1, 'no restart');
  assert.equal(life.calls.filter((call) => call === 'runtime.update').length, 1);
});

test('a start that fails is retried with growing backoff, and the attempts survive an agent restart', async () => {
  const node = createTestNode();
  node.world.faults = { ...node.world.faults, spawnFails: () => true };
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.restart.attempt === 4, 'four attempts', 60_000);
  assert.equal(node.seen()?.failure?.reason.code, 'hypervisor_spawn_failed');
  const nextAt = node.seen()?.restart.nextAt ?? 0;
  assert.ok(nextAt - node.clock.now() > 5_000);
  node.kill();
  node.boot();
  await node.clock.advance(1_000);
  assert.equal(node.seen()?.restart.attempt, 4);
  assert.equal(node.seen()?.restart.nextAt, nextAt);
  node.world.faults = { ...node.world.faults, spawnFails: () => false };
  await node.until((seen) => seen?.observedGeneration === 1, 'running', 60_000);
  assert.equal(node.seen()?.failure, null);
});

test('starts in flight are bounded by the cores; all of twenty converge', async () => {
  const node = createTestNode({ times: { realiseMs: 50, spawnMs: 50 } });
  node.boot();
  const uids = Array.from({ length: 20 }, (_, i) => asUid(`0195a3c1-7a44-7c1e-9b1f-${String(i).padStart(12, '0')}`));
  node.assign(...uids.map((uid, i) => running({ uid, name: `vm-${i}` })));
  await node.clock.advance(90);
  assert.ok(node.world.processes.size <= 2);
  await node.clock.advanceUntil(() => uids.every((uid) => node.seen(uid)?.observedGeneration === 1), 10_000, 'all');
  node.assign(
    ...uids.map((uid, i) =>
      running({ uid, name: `vm-${i}`, generation: 2, desiredPhase: 'deleted', stopMode: 'forced' }),
    ),
  );
  await node.clock.advanceUntil(() => node.plane.reports.at(-1)?.removed.length === 20, 10_000, 'all removed');
  assert.equal(node.world.instances.size, 0);
  assert.equal(node.world.pidFiles.size, 0);
});

test('a foreign process that holds the lock of an instance is no failure: it is found and ended, then the start succeeds', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.observedGeneration === 1, 'stopped');
  const files = { name: 'web-1', root: null, diskGib: new Map(), incarnations: new Set<never>(), log: '' };
  node.world.instances.set(testUid, files);
  const lost = asIncarnationId('0195a3c1-dead-7000-8000-000000000001');
  (files.incarnations as Set<unknown>).add(lost);
  node.world.startProcess({ dir: `${testUid}/${lost}`, lockFile: `${testUid}/lock`, argv: [] });
  node.assign(running({ generation: 2, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'started', 60_000);
  assert.equal(node.liveCount(), 1);
  assert.equal(node.seen()?.failure, null);
  assert.deepEqual(node.seen()?.history, []);
  assert.ok(node.events().includes('stray_killed'));
});

test('the agent stops when it is told to, and its guests live on', async () => {
  const node = createTestNode();
  const { ended, stop } = node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  stop();
  await node.clock.advance(10);
  await ended;
  assert.equal(node.liveCount(), 1);
});
