/** What follows from health checks: an end by policy, an error where the policy forbids it, and patience with a boot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmSpec } from '../core/instance/spec.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

const forwards = [{ protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort: 8_080, guestPort: 80 }];

const checkedSpec = (fields: Partial<VmSpec> = {}) =>
  testSpec({
    nics: [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards }],
    healthChecks: [
      {
        name: 'web',
        probe: { kind: 'http', port: 80, path: '/' },
        intervalSeconds: 10,
        timeoutSeconds: 2,
        retries: 3,
      },
    ],
    ...fields,
  });

/** A node whose guests answer every check with `state.answer`: null is well. */
function checkedNode() {
  const state: { answer: string | null } = { answer: null };
  const node = createTestNode({ prober: { http: async () => state.answer, tcp: async () => state.answer } });
  return { node, state };
}

async function healthyNode(fields: Partial<VmSpec> = {}) {
  const { node, state } = checkedNode();
  node.boot();
  const spec = checkedSpec(fields);
  node.assign(aDesired({ spec }));
  await node.until((seen) => seen?.health?.passing === 1 && seen.observedGeneration === 1, 'healthy');
  await node.clock.advance(10_000);
  return { node, state, spec, first: node.seen()?.incarnation?.id };
}

test('no check is said to lead nowhere before the first look at a guest told where its ports are', async () => {
  const { node } = checkedNode();
  node.boot();
  node.assign(aDesired({ spec: checkedSpec() }));
  const unchecked: string[] = [];
  await node.until((seen) => {
    unchecked.push(...(seen?.health?.unchecked ?? []).map(({ because }) => because));
    return seen?.health?.passing === 1;
  }, 'healthy');
  assert.deepEqual(unchecked, []);
});

test('a guest whose check fails `retries` times in a row is ended and restarted by policy, with its reason and backoff', async () => {
  for (const restartPolicy of ['on_failure', 'always'] as const) {
    const { node, state, first } = await healthyNode({ restartPolicy });
    state.answer = 'answered with status 500';
    await node.clock.advance(19_000);
    assert.equal(node.seen()?.incarnation?.state, 'running', 'two failures are not three');
    await node.until((seen) => seen?.incarnation?.state === 'stopping', 'condemned', 12_000);
    assert.equal(node.seen()?.incarnation?.stopping?.because, 'unhealthy');
    assert.equal(node.seen()?.incarnation?.stopping?.mode, 'graceful', 'the guest may end its work');
    await node.until((seen) => seen?.incarnation?.state === 'running' && seen.incarnation.id !== first, 'again');
    assert.equal(node.seen()?.incarnation?.run, 1, 'by policy, not by order');
    assert.equal(node.seen()?.restart.attempt, 1);
    const [reason] = node.seen()?.history ?? [];
    assert.equal(reason?.code, 'health_check_failed');
    assert.equal(reason?.message, 'Health check "web" failed 3 times in a row: answered with status 500');
    const told = node.events().filter((code) => code === 'health_check_failed' || code === 'ended');
    assert.deepEqual(
      told,
      ['health_check_failed', 'ended'],
      'the failure is told once, its consequence by its own name',
    );
    state.answer = null;
    await node.until((seen) => seen?.health?.passing === 1, 'healthy again');
    assert.equal(node.seen()?.failure, null);
    assert.equal(node.liveCount(), 1);
  }
});

test('under restart_policy never a failing check is an error on the guest that runs on; it is gone when the check passes', async () => {
  const { node, state, first } = await healthyNode({ restartPolicy: 'never' });
  state.answer = 'connection refused';
  await node.until((seen) => seen?.operationError?.reason.code === 'health_check_failed', 'in error');
  await node.clock.advance(900_000);
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.equal(node.seen()?.incarnation?.state, 'running');
  assert.equal(node.seen()?.history.length, 1, 'told once');
  node.kill();
  node.boot();
  await node.clock.advance(15_000);
  assert.equal(node.seen()?.operationError?.reason.code, 'health_check_failed', 'an agent restart mends nothing');
  state.answer = null;
  await node.until((seen) => seen?.operationError === null, 'repaired');
  assert.equal(node.seen()?.incarnation?.id, first);
});

test('checks that are taken away take their error with them', async () => {
  const { node, state } = await healthyNode({ restartPolicy: 'never' });
  state.answer = 'connection refused';
  await node.until((seen) => seen?.operationError?.reason.code === 'health_check_failed', 'in error');
  node.assign(aDesired({ generation: 2, spec: checkedSpec({ restartPolicy: 'never', healthChecks: [] }) }));
  await node.until((seen) => seen?.observedGeneration === 2 && seen.operationError === null, 'without checks');
});

test('a guest that boots may fail its checks for 5 min; one that never passes is boot_timeout', async () => {
  const { node, state } = checkedNode();
  state.answer = 'connection refused';
  node.boot();
  node.assign(aDesired({ spec: checkedSpec() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  await node.clock.advance(290_000);
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.deepEqual(node.seen()?.health?.failing, []);
  await node.until((seen) => seen?.incarnation?.state === 'stopping', 'condemned', 30_000);
  await node.until((seen) => seen?.history[0]?.code === 'boot_timeout', 'told');
  state.answer = null;
  await node.until((seen) => seen?.health?.passing === 1, 'booted at the second try', 120_000);
  assert.equal(node.liveCount(), 1);
});

test('an agent that takes over a guest times neither its boot anew as long over, nor forgets that it had booted', async () => {
  const { node, state, first } = await healthyNode();
  await node.clock.advance(900_000);
  node.kill();
  state.answer = 'connection refused';
  node.boot();
  await node.clock.advance(18_000);
  assert.equal(node.seen()?.incarnation?.state, 'running', 'one failure after a restart is one failure');
  await node.until((seen) => seen?.history[0]?.code === 'health_check_failed', 'as a check, not as a boot', 60_000);
  assert.notEqual(node.seen()?.incarnation?.id, first);
});

test('a reset guest boots anew: its checks may fail as long as those of any boot', async () => {
  const { node, state, first } = await healthyNode();
  state.answer = 'connection refused';
  const reset = node.plane.node().reset(testUid, new AbortController().signal);
  await node.clock.advance(100);
  await reset;
  await node.clock.advance(120_000);
  assert.equal(node.seen()?.incarnation?.id, first);
  state.answer = null;
  await node.until((seen) => seen?.health?.passing === 1, 'booted');
  assert.equal(node.seen()?.incarnation?.id, first);
});

test('what a guest answered before its reset is nothing that it answers after it', async () => {
  const { node, state, first } = await healthyNode();
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  assert.ok(vm);
  const { reset } = vm;
  vm.reset = () => {
    reset();
    state.answer = 'connection refused';
  };
  const answered = node.plane.node().reset(testUid, new AbortController().signal);
  await node.clock.advance(100);
  await answered;
  await node.clock.advance(120_000);
  assert.equal(node.seen()?.incarnation?.id, first, 'it boots');
});

test('F5 a stop while the checks fail is the end of it: nothing is restarted, no failure stands', async () => {
  const { node, state, spec } = await healthyNode();
  node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
  state.answer = 'connection refused';
  await node.until((seen) => seen?.incarnation?.state === 'stopping', 'condemned');
  node.assign(aDesired({ spec, generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 120_000);
  await node.clock.advance(600_000);
  assert.equal(node.liveCount(), 0);
  assert.equal(node.seen()?.failure, null);
});

test('F2 a check that cannot be run fails nobody', async () => {
  const { node } = checkedNode();
  node.boot();
  node.assign(aDesired({ spec: checkedSpec({ nics: [] }) }));
  await node.until((seen) => seen?.health?.unchecked.length === 1, 'unchecked');
  const first = node.seen()?.incarnation?.id;
  await node.clock.advance(900_000);
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.deepEqual(node.seen()?.history, []);
});

test('a start that was ordered meanwhile is not held up by the backoff of the run before, nor by restart_policy never', async () => {
  const { node, spec } = await healthyNode({ restartPolicy: 'never' });
  node.assign(aDesired({ spec, generation: 2, run: 2 }));
  const process = node.world.vmProcesses(testUid)[0];
  assert.ok(process);
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.incarnation?.run === 2 && seen.observedGeneration === 2, 'the new run');
});
