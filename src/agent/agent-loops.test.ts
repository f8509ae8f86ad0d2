/** Guests that end again and again: what is kept and told of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import type { ObservedInstance } from '../core/node/observation.ts';
import { createTestNode, type TestNode, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });

const ends = (seen: ObservedInstance | undefined): number =>
  (seen?.history ?? []).reduce((sum, { times }) => sum + (times ?? 1), 0);

/** Ends its process whenever the guest runs, this many times. */
async function crash(node: TestNode, times: number, code = 1): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await node.until((seen) => seen?.incarnation?.state === 'running', 'up', 400_000);
    const before = ends(node.seen());
    const [process] = node.world.vmProcesses(testUid);
    assert.ok(process);
    node.world.endProcess(process, { kind: 'code', code });
    await node.until((seen) => ends(seen) > before, 'seen', 1_000);
  }
}

test('a guest that crashes for hours is one entry of the history and told twice; another cause, and that it stays up, is news (spec §2)', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await crash(node, 20);
  node.kill();
  node.boot();
  await crash(node, 5);
  const ofLoop = ['starting', 'hypervisor_exited', 'starting', 'hypervisor_exited'];
  assert.deepEqual(node.events(), ofLoop);
  const { message } = node.plane.reports.flatMap(({ events }) => events).at(-1) ?? {};
  assert.match(message ?? '', /exited with code 1 again.* counted in its history/);
  await crash(node, 1, 2);
  assert.deepEqual(node.events(), [...ofLoop, 'hypervisor_exited']);
  assert.deepEqual(
    node.seen()?.history.map(({ message, times }) => [message, times ?? 1]),
    [
      ['The hypervisor process exited with code 1', 25],
      ['The hypervisor process exited with code 2', 1],
    ],
  );
  await node.clock.advance(1_000_000);
  assert.deepEqual(node.events(), [...ofLoop, 'hypervisor_exited', 'recovered']);
});

test('F5 a guest that ends itself again and again is told of twice, by a panic and under always by a power-off', async () => {
  const panics = ['starting', 'guest_panicked', 'guest_panicked'];
  const powersOff = ['starting', 'guest_power_off', 'ended'];
  for (const [cmdline, cycle] of [
    ['holdfast.panic', panics],
    ['holdfast.poweroff', powersOff],
  ] as const) {
    const node = createTestNode();
    node.boot();
    const spec = testSpec({ restartPolicy: 'always', cmdline });
    node.assign(running({ spec }));
    await node.clock.advance(5_400_000);
    assert.deepEqual(node.events(), [...cycle, ...cycle]);
    assert.ok((node.seen()?.restart.attempt ?? 0) > 15);
    // What its user asks for is told of anew.
    node.assign(running({ generation: 2, run: 2, spec }));
    await node.clock.advance(1_800_000);
    assert.deepEqual(node.events().slice(6), [...cycle, ...cycle]);
  }
});

test('a guest that fails its checks again and again is told of twice, with its end and its start', async () => {
  const prober = { http: async () => 'answered with status 500', tcp: async () => null };
  const node = createTestNode({ prober });
  node.boot();
  const forwards = [{ protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort: 8_080, guestPort: 80 }];
  const probe = { kind: 'http', port: 80, path: '/' } as const;
  const spec = testSpec({
    nics: [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards }],
    healthChecks: [{ name: 'web', probe, intervalSeconds: 10, timeoutSeconds: 2, retries: 3 }],
  });
  node.assign(running({ spec }));
  await node.clock.advanceUntil(() => ends(node.seen()) === 5, 3_600_000, 'five ends');
  const cycle = ['starting', 'boot_timeout', 'stopping', 'ended'];
  assert.deepEqual(node.events(), [...cycle, ...cycle]);
  assert.equal(node.seen()?.history.length, 1);
});
