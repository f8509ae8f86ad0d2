import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asUid } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import { anAssignment, createPlane } from '../ports/testing/control-link-samples.ts';
import { aBootedGuest, createTestNode, testSpec } from './testing/test-node.ts';

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
  const node = await aBootedGuest(running());
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
  assert.deepEqual(unassigned, [{ uid: testUid, name: 'web-1', state: 'running', order: null }]);
  node.kill();
  node.boot();
  await node.clock.advance(400_000);
  assert.equal(node.liveCount(), 1);
  const first = node.world.vmProcesses(testUid)[0]?.pid;
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'assigned again');
  assert.equal(node.world.vmProcesses(testUid)[0]?.pid, first, 'the same process is adopted');
});

test('whatever moves in the assignment, what it no longer names is unassigned and what it names is followed', async () => {
  const node = createTestNode();
  node.boot();
  const uidOf = (n: number) => asUid(`0195a3c1-7a44-7c1e-9b1f-${String(n).padStart(12, '0')}`);
  const named = (n: number, generation = 1) => running({ uid: uidOf(n), name: `vm-${n}`, generation });
  const [first, second, third, fourth] = [named(1), named(2), named(3), named(4)];
  const unassigned = () => node.plane.reports.at(-1)?.unassigned.map(({ name }) => name);
  node.assign(first, second, third);
  await node.clock.advance(400_000);
  assert.equal(node.world.processes.size, 3);
  node.assign(named(1, 2), third, fourth);
  await node.clock.advance(400_000);
  assert.deepEqual(unassigned(), ['vm-2']);
  assert.equal(node.world.processes.size, 4);
  node.assign(fourth, second);
  await node.clock.advance(400_000);
  assert.deepEqual(unassigned(), ['vm-1', 'vm-3']);
  node.assign();
  await node.clock.advance(400_000);
  assert.deepEqual(unassigned(), ['vm-1', 'vm-2', 'vm-3', 'vm-4']);
  assert.equal(node.world.processes.size, 4, 'absence never destroys');
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

test('a node joins the cluster that its operator names: nothing is destroyed, what ran is unassigned, even after a crash', async () => {
  const node = createTestNode({ config: { joinCluster: 'cluster-2' } });
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const [process] = node.world.vmProcesses(testUid);
  const other = createPlane();
  const connect = other.service.connect;
  let refusals = 0;
  other.service = {
    connect: async (hello, ...args) => {
      if (hello.clusterId !== 'cluster-2') {
        refusals += 1;
        throw new Fault('wrong_cluster', 'another cluster', { retry: 'never', details: { cluster_id: 'cluster-2' } });
      }
      return { ...(await connect(hello, ...args)), clusterId: 'cluster-2' };
    },
  };
  node.replacePlane(other);
  await node.clock.advance(1_000);
  node.kill();
  node.boot();
  other.publish({ ...anAssignment(1, []), clusterId: 'cluster-2' });
  await node.clock.advanceUntil(() => (other.reports.at(-1)?.unassigned.length ?? 0) > 0, 60_000, 'unassigned');
  assert.equal(refusals, 1, 'it belongs to the other cluster from then on, across its own restarts');
  assert.deepEqual(other.reports.at(-1)?.unassigned, [{ uid: testUid, name: 'web-1', state: 'running', order: null }]);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
});

test('a control plane that refuses a node as foreign in the name of its own cluster is dialled with backoff like any other', async () => {
  const node = createTestNode();
  node.boot();
  await node.clock.advanceUntil(() => node.plane.hellos.length > 0, 5_000, 'joined cluster-1');
  let calls = 0;
  const confused = createPlane();
  confused.service = {
    connect: async () => {
      calls += 1;
      if (calls > 1_000) await new Promise(() => undefined);
      throw new Fault('wrong_cluster', 'another cluster', { retry: 'never', details: { cluster_id: 'cluster-1' } });
    },
  };
  node.replacePlane(confused);
  await node.clock.advance(60_000);
  assert.ok(calls > 2 && calls < 100, `${calls} calls in a minute`);
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
  const ports = [node.seen()?.hostPorts['eth0/tcp:127.0.0.1:80'], node.seen(other)?.hostPorts['eth0/tcp:127.0.0.1:80']];
  assert.ok(ports[0] !== undefined && ports[1] !== undefined && ports[0] !== ports[1]);
  node.assign(...both(2));
  await node.clock.advance(120_000);
  assert.equal(node.seen()?.incarnation?.run, 2);
  assert.deepEqual(
    [node.seen()?.hostPorts['eth0/tcp:127.0.0.1:80'], node.seen(other)?.hostPorts['eth0/tcp:127.0.0.1:80']],
    ports,
  );
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
  const first = node.seen()?.hostPorts['eth0/tcp:127.0.0.1:80'];
  node.assign(running({ spec: withForwards(forward(80), forward(22)), generation: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'in sync again', 10_000);
  const seen = node.seen();
  assert.equal(seen?.hostPorts['eth0/tcp:127.0.0.1:80'], first);
  const ports = seen?.facts?.nics[0]?.forwards.map(({ hostPort }) => hostPort) ?? [];
  assert.deepEqual(ports.toSorted(), Object.values(seen?.hostPorts ?? {}).toSorted());
  assert.equal(life.calls.filter((call) => call === 'runtime.spawn').length, 1, 'no restart');
  assert.equal(life.calls.filter((call) => call === 'runtime.update').length, 1);
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

test('F1 a queue of starts that moves is progress: nobody in it is overdue', async () => {
  const node = createTestNode({ times: { realiseMs: 0, spawnMs: 40_000 } });
  node.boot();
  const uids = Array.from({ length: 24 }, (_, i) => asUid(`0195a3c1-7a44-7c1e-9b1f-${String(i).padStart(12, '0')}`));
  node.assign(...uids.map((uid, i) => running({ uid, name: `vm-${i}` })));
  await node.clock.advance(600_000);
  assert.ok(uids.every((uid) => node.seen(uid)?.observedGeneration === 1));
  assert.ok(uids.every((uid) => node.seen(uid)?.history.length === 0));
});

test('S8 S11 a change in place touches nothing that was deferred to the next start', async () => {
  const node = createTestNode();
  node.boot();
  const nic = { name: 'eth0', network: 'user', mac: '52:54:00:00:00:09', forwards: [] };
  node.assign(running({ spec: testSpec({ nics: [nic] }) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(10_000);
  const before = node.seen()?.facts;
  const data = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
  // A renamed NIC keeps its address, so it cannot be there beside the one it was.
  const nics = [{ ...nic, name: 'eth9' }];
  node.assign(running({ generation: 2, spec: testSpec({ cpuCores: 8, memoryMib: 4_096, nics, disks: [data] }) }));
  await node.until((seen) => seen?.facts?.disks.length === 1, 'the disk was added', 30_000);
  await node.clock.advance(60_000);
  assert.deepEqual(node.seen()?.facts, { ...before, disks: [{ name: 'data', sizeGib: 1 }], freePorts: 3 });
});

test('disks and NICs are plugged in place while slots are free; the rest waits for the next start, and nothing loops', async () => {
  const node = createTestNode();
  const { life } = node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  const disks = ['a', 'b', 'c'].map((name) => ({
    ...{ name, sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false },
  }));
  const nics = [1, 2].map((n) => ({
    ...{ name: `eth${n}`, network: 'user', mac: `52:54:00:00:00:0${n}` },
    forwards: [{ protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort: 0, guestPort: 80 }],
  }));
  const spec = testSpec({ disks, nics });
  node.assign(running({ generation: 2, spec }));
  await node.until((seen) => seen?.facts?.freePorts === 0, 'every slot is taken', 30_000);
  await node.clock.advance(60_000);
  assert.deepEqual(
    node.seen()?.facts?.disks.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(
    node.seen()?.facts?.nics.map(({ name }) => name),
    ['eth1'],
  );
  assert.ok((node.seen()?.facts?.nics[0]?.forwards[0]?.hostPort ?? 0) > 0, 'its forward came with it');
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.equal(node.seen()?.operationError, null);
  assert.ok(life.calls.filter((call) => call === 'runtime.update').length <= 2);
  node.assign(running({ generation: 3, run: 2, spec }));
  await node.until((seen) => seen?.observedGeneration === 3, 'all of it after a restart');
  assert.equal(node.seen()?.facts?.nics.length, 2);
});

test('an image leaves the cache when its last instance is removed, and not before (spec §10)', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(900_000);
  assert.equal(node.imageDisk.entries.size, 1);
  node.assign(running({ generation: 2, desiredPhase: 'deleted', stopMode: 'forced' }));
  await node.until((seen) => seen === undefined, 'removed');
  await node.clock.advance(900_000);
  assert.equal(node.imageDisk.entries.size, 0);
});
