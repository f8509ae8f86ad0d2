import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asUid } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import { keptLogMs } from './agent-config.ts';
import { createTestNode, quietLog, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });
const never = new AbortController().signal;

async function connected(options: Parameters<typeof createTestNode>[0] = {}) {
  const node = createTestNode(options);
  const { life } = node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(5_000);
  return { node, life };
}

const settled = async <T>(node: { clock: { advance(ms: number): Promise<void> } }, promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined);
  await node.clock.advance(100);
  return await promise;
};

test('converge answers with what is observed after the pass that made the generation true', async () => {
  const { node } = await connected();
  const answer = node.plane.node().converge(testUid, 2, never);
  node.assign(running({ generation: 2, desiredPaused: true }));
  const seen = await settled(node, answer);
  assert.equal(seen.guest, 'paused');
  assert.equal(seen.observedGeneration, 2);
});

test('converge of an instance that does not arrive is no_such_instance', async () => {
  const { node } = await connected();
  const answer = node.plane.node().converge(asUid('0195a3c1-0000-7000-8000-ffffffffffff'), 1, never);
  answer.catch(() => undefined);
  await node.clock.advance(3_000);
  await assert.rejects(answer, (error) => error instanceof Fault && error.code === 'no_such_instance');
});

test('reset resets once; of a stopped instance it is not_running', async () => {
  const { node, life } = await connected();
  const seen = await settled(node, node.plane.node().reset(testUid, never));
  assert.equal(seen.guest, 'running');
  assert.equal(life.calls.filter((call) => call === 'runtime.reset').length, 1);
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((at) => at?.observedGeneration === 2, 'stopped');
  const refused = settled(node, node.plane.node().reset(testUid, never));
  await assert.rejects(refused, (error) => error instanceof Fault && error.code === 'not_running');
});

test('a paused guest that is reset stays paused, and nothing that was deferred restarts it', async () => {
  const { node } = await connected();
  node.assign(running({ generation: 2, desiredPaused: true }));
  await node.until((seen) => seen?.observedGeneration === 2, 'paused');
  const before = node.seen()?.incarnation;
  const spec = testSpec({ cmdline: 'console=ttyS0 quiet' });
  node.assign(running({ generation: 3, desiredPaused: true, spec, specHash: 'sha256:deferred' }));
  await node.until((seen) => seen?.observedGeneration === 3, 'deferred');
  await settled(node, node.plane.node().reset(testUid, never));
  await node.clock.advance(30_000);
  assert.equal(node.seen()?.incarnation?.state, 'paused');
  assert.equal(node.seen()?.incarnation?.id, before?.id);
  assert.equal(node.seen()?.incarnation?.stateGeneration, before?.stateGeneration, 'it has executed nothing');
  node.assign(running({ generation: 4, spec, specHash: 'sha256:deferred' }));
  await node.until((at) => at?.observedGeneration === 4 && at.guest === 'running', 'resumed');
  assert.equal(node.seen()?.incarnation?.id, before?.id);
});

test('a call that its caller gave up is no error of the node', async () => {
  const errors: string[] = [];
  const { node } = await connected({ log: { ...quietLog, error: (message) => errors.push(message) } });
  const caller = new AbortController();
  const answer = node.plane.node().converge(testUid, 2, caller.signal);
  answer.catch(() => undefined);
  await node.clock.advance(100);
  caller.abort(new Error('gave up'));
  await assert.rejects(answer, /gave up/);
  await node.clock.advance(3_000);
  assert.deepEqual(errors, []);
});

test('a guest that is reset while it is paused executes nothing, by whomever it was paused (spec §2 verbs)', async () => {
  for (const byUser of [true, false]) {
    const { node, life } = await connected();
    const spec = testSpec({ driftPolicy: byUser ? 'correct' : 'detect' });
    node.assign(running({ spec, generation: 2, desiredPaused: byUser }));
    await node.until((seen) => seen?.observedGeneration === 2, 'in sync');
    if (!byUser) node.world.guestIsPaused(testUid);
    await node.until((seen) => seen?.incarnation?.state === 'paused', 'paused');
    const seen = await settled(node, node.plane.node().reset(testUid, never));
    await node.clock.advance(60_000);
    const resumed = life.calls.filter((call) => call === 'runtime.resume').length;
    assert.equal(resumed, 1, 'let go when it was started, and never again');
    assert.equal(seen.incarnation?.state, 'paused');
    assert.equal(node.seen()?.incarnation?.state, 'paused');
    node.assign(running({ spec, generation: 3 }));
    await node.until((at) => at?.observedGeneration === 3 && at.guest === 'running', 'boots when it is let go');
  }
});

test('a console carries the log, then live output; the log is readable after a stop', async () => {
  const { node } = await connected();
  let text = '';
  const closed: string[] = [];
  const viewer = {
    data: async (bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes);
    },
    closed: (because: string) => {
      closed.push(because);
    },
  };
  const session = await settled(node, node.plane.node().openConsole(testUid, 4_096, viewer, never));
  await settled(node, session.write(new TextEncoder().encode('echo $((20+3))\n')));
  assert.match(text, /HOLDFAST-GUEST-READY/);
  assert.match(text, /23/);
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((at) => at?.observedGeneration === 2, 'stopped');
  assert.equal(closed.length, 1);
  const log = await settled(node, node.plane.node().readLog(testUid, 4_096, never));
  assert.match(new TextDecoder().decode(log), /HOLDFAST-GUEST-READY/);
});

test('the log of a deleted instance is kept for a day, and is all that is kept (spec §11)', async () => {
  const { node } = await connected();
  node.assign(running({ generation: 2, desiredPhase: 'deleted', stopMode: 'forced' }));
  await node.clock.advance(5_000);
  assert.equal(node.world.instances.size, 0);
  const read = async () =>
    new TextDecoder().decode(await settled(node, node.plane.node().readLog(testUid, 4_096, never)));
  assert.match(await read(), /HOLDFAST-GUEST-READY/);
  await node.clock.advance(keptLogMs + 600_000);
  assert.equal(await read(), '');
});

test('S7 no report holds a pid, a boot id or a host path', async () => {
  const { node } = await connected();
  const pid = node.world.vmProcesses(testUid)[0]?.pid;
  const told = JSON.stringify(node.plane.reports);
  assert.ok(!told.includes(`"pid"`) && !told.includes(`:${pid},`));
  assert.ok(!told.includes(node.world.bootId()));
  assert.ok(!told.includes('/images/sha256'));
});

test('a report that is lost is made up for; sequence numbers grow within a session', async () => {
  const { node } = await connected();
  node.plane.refuseReports = new Fault('store_unavailable', 'Not now');
  node.assign(running({ generation: 2 }));
  await node.clock.advance(5_000);
  assert.equal(node.seen()?.observedGeneration, 1);
  node.plane.refuseReports = null;
  await node.until((seen) => seen?.observedGeneration === 2, 'made up for', 30_000);
  const bySession = Map.groupBy(node.plane.reports, ({ session }) => session);
  for (const reports of bySession.values()) {
    const numbers = reports.map(({ sequence }) => sequence);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    assert.equal(reports[0]?.full, true, 'a session begins with a full report');
  }
});

test('health checks count results through a forward, and say which cannot be run', async () => {
  let answer: string | null = null;
  const asked: unknown[] = [];
  const prober = {
    http: async (target: unknown) => {
      asked.push(target);
      return answer;
    },
    tcp: async () => answer,
  };
  const node = createTestNode({ prober });
  node.boot();
  const check = { intervalSeconds: 10, timeoutSeconds: 2, retries: 3 };
  const forwards = [{ protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort: 8_080, guestPort: 80 }];
  const spec = testSpec({
    restartPolicy: 'never',
    nics: [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards }],
    healthChecks: [
      { name: 'web', probe: { kind: 'http', port: 80, path: '/' }, ...check },
      { name: 'ssh', probe: { kind: 'http', port: 22, path: '/' }, ...check },
      { name: 'port', probe: { kind: 'tcp', port: 80 }, ...check },
      { name: 'inside', probe: { kind: 'command', command: ['true'] }, ...check },
    ],
  });
  node.assign(running({ spec }));
  await node.until((seen) => seen?.health?.passing === 2 && seen.health.unchecked.length === 2, 'passing', 20_000);
  assert.deepEqual(asked[0], { kind: 'reachable', host: '127.0.0.1', port: 8_080, path: '/' });
  answer = 'connection refused';
  await node.clock.advance(15_000);
  assert.deepEqual(node.seen()?.health?.failing, [], 'not before its retries are used up');
  await node.clock.advance(20_000);
  assert.deepEqual(node.seen()?.health?.failing, ['web', 'port']);
  assert.deepEqual(
    node.seen()?.health?.unchecked.map(({ name }) => name),
    ['ssh', 'inside'],
  );
  answer = null;
  await node.clock.advance(15_000);
  assert.equal(node.seen()?.health?.passing, 2);
});
