/** An order that arrives while its VM starts: what was never let go takes it along, what runs is not stopped for it (spec §2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredVm } from '../core/instance/desired.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
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
  assert.equal(node.seen()?.incarnation?.stateGeneration, 5, 'created, starting, spawned, let go, paused');
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
