/** An order that arrives while its VM starts: what was never let go takes it along, what runs is not stopped for it (spec §2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredVm } from '../core/instance/desired.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asUid } from '../core/kit/brand.ts';
import { createTestNode, testKernel, testSpec } from './testing/test-node.ts';

const order = (generation: number, cmdline: string): DesiredVm =>
  aDesired({ generation, spec: testSpec({ cmdline }), specHash: `sha256:${cmdline}` });

const startedFrom = (node: ReturnType<typeof createTestNode>) => node.seen()?.incarnation?.startedSpec.cmdline;

test('a change comes with the start that is under way, in whatever step it is', async () => {
  for (const step of ['image', 'disks', 'hypervisor'] as const) {
    const node = createTestNode({ times: { realiseMs: 5_000, spawnMs: 5_000 } });
    node.boot();
    const release = step === 'image' ? node.sources.hold(testKernel) : () => undefined;
    node.assign(order(1, 'old'));
    await node.clock.advance(step === 'hypervisor' ? 7_000 : 2_000);
    node.assign(order(2, 'new'));
    release();
    await node.until((seen) => seen?.observedGeneration === 2 && seen.guest === 'running', `changed at ${step}`);
    assert.equal(startedFrom(node), 'new', step);
    assert.equal(node.seen()?.incarnation?.run, 1);
    assert.equal(node.liveCount(), 1);
  }
});

test('a guest that was let go before the change arrived goes on, and the change waits for its next start', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(order(1, 'old'));
  await node.until((seen) => seen?.guest === 'running', 'runs');
  const [process] = node.world.vmProcesses(testUid);
  node.assign(order(2, 'new'));
  await node.until((seen) => seen?.observedGeneration === 2, 'realised but for what is deferred');
  await node.clock.advance(60_000);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  assert.equal(startedFrom(node), 'old');
});

test('a change is tried at once, whatever the tries of what it was before wait for', async () => {
  const node = createTestNode();
  node.world.faults = { ...node.world.faults, spawnFails: () => true };
  node.boot();
  node.assign(order(1, 'old'));
  await node.until((seen) => (seen?.restart.attempt ?? 0) >= 8, 'backing off', 2_000_000);
  await node.clock.advance(10_000);
  node.world.faults = { ...node.world.faults, spawnFails: () => false };
  node.assign(order(2, 'new'));
  await node.until((seen) => seen?.observedGeneration === 2 && seen.guest === 'running', 'started', 5_000);
});

test('under restart_policy never a change does not start a guest whose process ended: only its user does (F5)', async () => {
  const node = createTestNode();
  node.boot();
  const never = (desired: DesiredVm): DesiredVm => ({ ...desired, spec: { ...desired.spec, restartPolicy: 'never' } });
  node.assign(never(order(1, 'old')));
  await node.until((seen) => seen?.guest === 'running', 'runs');
  const [process] = node.world.vmProcesses(testUid);
  assert.ok(process !== undefined);
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.failure?.reason.code === 'hypervisor_exited', 'ended');
  node.assign(never(order(2, 'new')));
  await node.clock.advance(60_000);
  assert.equal(node.liveCount(), 0);
});

test('S6 one effect is in flight at a time: what is ordered while a guest starts begins when it has started', async () => {
  const node = createTestNode({ times: { realiseMs: 0, spawnMs: 15_000 } });
  const { life } = node.boot();
  node.assign(order(1, 'old'));
  await node.clock.advance(1_000);
  const effects = () => life.calls.filter((call) => call.startsWith('runtime.') && call !== 'runtime.observe');
  const before = effects();
  node.assign({ ...order(2, 'old'), desiredPaused: true });
  await node.clock.advance(11_000);
  assert.deepEqual(effects(), before, 'neither the order nor a regular pass begins anything beside the start');
  await node.until((seen) => seen?.observedGeneration === 2, 'paused');
  assert.equal(node.seen()?.guest, 'paused');
  assert.equal(
    node.seen()?.incarnation?.stateGeneration,
    4,
    'created, starting, let go, paused: its process is no state (S28)',
  );
});

test('S6 a forced stop and a deletion come over a start that is under way', async () => {
  for (const desiredPhase of ['stopped', 'deleted'] as const) {
    const node = createTestNode({ times: { realiseMs: 60_000, spawnMs: 0 } });
    node.boot();
    node.assign(order(1, 'old'));
    await node.clock.advance(1_000);
    node.assign({ ...order(2, 'old'), desiredPhase, stopMode: 'forced' });
    const isDone = () =>
      desiredPhase === 'deleted' ? !node.world.instances.has(testUid) : node.seen()?.observedGeneration === 2;
    await node.clock.advanceUntil(isDone, 1_000, desiredPhase);
    await node.clock.advance(60_000);
    assert.equal(node.liveCount(), 0, desiredPhase);
  }
});

test('a start whose answer was lost is no failed one while its process lives: only proof of death is (spec §2)', async () => {
  const node = createTestNode();
  const { liveProcess, startProcess } = node.world;
  let isLost = false;
  node.world.startProcess = (request) => {
    isLost = true;
    return startProcess(request);
  };
  node.world.liveProcess = (proof) => {
    const found = isLost ? undefined : liveProcess(proof);
    isLost = false;
    return found;
  };
  node.boot();
  node.assign(order(1, 'old'));
  await node.clock.advance(30_000);
  assert.equal([...node.world.processes.values()].filter(({ end }) => end === undefined).length, 1);
  assert.deepEqual([node.seen()?.failure, node.seen()?.history], [null, []]);
});

test('a port of the choice of the node that somebody else has is exchanged for another at the next try', async () => {
  const forward = { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 0, guestPort: 80 } as const;
  const spec = testSpec({ nics: [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards: [forward] }] });
  const conflicts: boolean[] = [];
  for (const hostPort of [20_000, 20_001]) {
    const node = createTestNode({ config: { hostPorts: { first: 20_000, last: 20_001 } } });
    const stranger = node.world.startProcess({ dir: '/elsewhere', lockFile: '/elsewhere/lock', argv: [] });
    stranger.vm = { ref: { uid: 'other' }, nics: [{ forwards: [{ protocol: 'tcp', hostPort }] }] } as never;
    node.boot();
    node.assign(aDesired({ spec }));
    await node.until((seen) => seen?.guest === 'running', 'runs', 600_000);
    assert.deepEqual(node.seen()?.hostPorts, { 'eth0/tcp:127.0.0.1:80': hostPort === 20_000 ? 20_001 : 20_000 });
    conflicts.push(node.events().includes('network_unavailable'));
  }
  assert.deepEqual(conflicts.toSorted(), [false, true], 'one of them was the first choice');
});

test('what an incarnation left on the host is cleared with its end, not with the next start', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(order(1, 'old'));
  await node.until((seen) => seen?.guest === 'running', 'runs');
  node.assign({ ...order(2, 'old'), desiredPhase: 'stopped', stopMode: 'forced' });
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  assert.deepEqual([...node.world.pidFiles.keys()], []);
});

test('no two VMs of a node get the same port of its choice, and the one too many is told so', async () => {
  const node = createTestNode({ config: { hostPorts: { first: 20_000, last: 20_001 } } });
  const forward = { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 0, guestPort: 80 } as const;
  const spec = testSpec({ nics: [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards: [forward] }] });
  const uids = [1, 2, 3].map((n) => asUid(`0195a3c1-7a44-7c1e-9b1f-00000000000${n}`));
  node.boot();
  const orders = uids.map((uid, n) => aDesired({ uid, name: `vm-${n}`, spec }));
  for (let count = 1; count <= orders.length; count += 1) {
    node.assign(...orders.slice(0, count));
    await node.clock.advance(10_000);
  }
  const ports = uids.flatMap((uid) => Object.values(node.seen(uid)?.hostPorts ?? {}));
  assert.deepEqual(ports.toSorted(), [20_000, 20_001]);
  const reasons = uids.map((uid) => node.seen(uid)?.failure?.reason.message ?? null);
  assert.deepEqual(reasons, [null, null, 'No free host port between 20000 and 20001']);
  assert.ok(!node.events().includes('port_conflict'));
});

test('what an image was where it was realised first holds on every node: other bytes are none of it (spec §10)', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(aDesired({ spec: testSpec(), pinnedImages: { [testKernel]: 'a'.repeat(64) } }));
  await node.until((seen) => seen?.failure?.reason.code === 'checksum_mismatch', 'refused');
  assert.equal(node.liveCount(), 0);
});
