/** A reboot of the host over whatever was going on: it is no failure, and `start_at_boot` says what starts again (F5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredVm } from '../core/instance/desired.ts';
import { aDesired } from '../core/instance/testing/builders.ts';
import { asUid } from '../core/kit/brand.ts';
import { createTestNode, type TestNode, testKernel, testSpec } from './testing/test-node.ts';

const order = (startAtBoot: boolean, fields: Partial<DesiredVm> = {}): DesiredVm =>
  aDesired({ spec: testSpec({ startAtBoot }), ...fields });

/** What an instance is busy with when the power fails. */
const moments: Readonly<Record<string, (node: TestNode, startAtBoot: boolean) => Promise<void>>> = {
  'backing off after a failed start': async (node, startAtBoot) => {
    node.world.faults = { ...node.world.faults, spawnFails: () => true };
    node.assign(order(startAtBoot));
    await node.until((seen) => (seen?.restart.attempt ?? 0) >= 5, 'backing off', 2_000_000);
  },
  'fetching its first image': async (node, startAtBoot) => {
    const release = node.sources.hold(testKernel);
    node.assign(order(startAtBoot));
    await node.until((seen) => seen?.waiting?.for === 'image_download', 'creating');
    node.kill();
    release();
  },
  'starting its process': async (node, startAtBoot) => {
    node.assign(order(startAtBoot));
    await node.clock.advanceUntil(() => node.liveCount() === 1, 10_000, 'a process');
    assert.equal(node.seen()?.incarnation?.state, 'starting');
  },
  'stopping for a restart': async (node, startAtBoot) => {
    node.assign(order(startAtBoot));
    await node.until((seen) => seen?.observedGeneration === 1, 'runs');
    node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
    node.assign(order(startAtBoot, { generation: 2, run: 2 }));
    await node.until((seen) => seen?.incarnation?.state === 'stopping', 'asked to stop');
  },
  'panicked and backing off': async (node, startAtBoot) => {
    node.assign(order(startAtBoot));
    for (let end = 1; end <= 4; end += 1) {
      await node.until((seen) => seen?.guest === 'running', 'runs', 600_000);
      node.world.guestPanics(order(startAtBoot).uid);
      await node.until((seen) => seen?.restart.attempt === end, 'ended');
    }
  },
};

async function reboot(node: TestNode): Promise<void> {
  node.kill();
  node.world.rebootHost();
  node.world.faults = { ...node.world.faults, spawnFails: () => false, ignoresPowerButton: () => false };
  node.boot();
  await node.clock.advance(600_000);
}

for (const [moment, bring] of Object.entries(moments)) {
  test(`F5 start_at_boot decides what starts after a host reboot, also of one that was ${moment}`, async () => {
    for (const startAtBoot of [true, false]) {
      const node = createTestNode({ times: { realiseMs: 2_000, spawnMs: 5_000 } });
      node.boot();
      await bring(node, startAtBoot);
      const told = node.events().length;
      await reboot(node);
      const seen = node.seen();
      assert.equal(node.liveCount(), startAtBoot ? 1 : 0);
      assert.equal(seen?.runEnded?.cause ?? null, startAtBoot ? null : 'host_reboot');
      assert.deepEqual([seen?.failure, seen?.operationError], [null, null], 'a reboot is no failure');
      assert.equal(node.events().slice(told).includes('hypervisor_spawn_failed'), false);
      if (startAtBoot) continue;
      assert.ok(node.events().slice(told).includes('start_at_boot_disabled'));
      const { run } = order(false, { run: moment === 'stopping for a restart' ? 2 : 1 });
      node.assign(order(false, { generation: 3, run: run + 1 }));
      await node.until((now) => now?.observedGeneration === 3, "the user's start brings it back");
      assert.equal(node.liveCount(), 1);
    }
  });
}

test('an order that the node first hears of after its reboot is carried out, whatever start_at_boot says (F5)', async () => {
  const node = createTestNode();
  const other = asUid('0195a3c4-7e10-7c11-9a0e-3f5d1c8b2a02');
  node.boot();
  node.assign(order(false));
  await node.until((seen) => seen?.observedGeneration === 1, 'runs');
  node.kill();
  node.world.rebootHost();
  node.assign(order(false, { generation: 2, run: 2 }), order(false, { uid: other, name: 'other' }));
  node.boot();
  await node.clock.advance(60_000);
  assert.equal(node.liveCount(), 1, 'started by its user while the node was away');
  assert.equal(node.liveCount(other), 1, 'created while the node was away');
});

test('a start that a reboot of the host interrupted, at whatever step, is none that failed', async () => {
  for (const effect of ['none', 'happens'] as const) {
    for (let at = 1; at < 80; at += 1) {
      const node = createTestNode();
      node.boot({ at, effect });
      node.assign(order(true));
      await node.clock.advance(20_000);
      if (!node.lastCrashed()) break;
      await reboot(node);
      const where = `power fails at call ${at}, effect ${effect}`;
      assert.deepEqual(node.seen()?.history, [], where);
      assert.equal(node.seen()?.incarnation?.state, 'running', where);
      assert.equal(node.liveCount(), 1, where);
    }
  }
});

test('what failed for good before a reboot, or is not to be restarted, still says so after it', async () => {
  const node = createTestNode();
  node.boot();
  const spec = testSpec({ startAtBoot: false, restartPolicy: 'never' });
  node.assign(aDesired({ spec }));
  await node.until((seen) => seen?.guest === 'running', 'runs');
  node.world.guestPanics(aDesired().uid);
  await node.until((seen) => seen?.failure !== null, 'failed');
  await reboot(node);
  assert.equal(node.seen()?.failure?.reason.code, 'guest_panicked');
  assert.equal(node.liveCount(), 0);
});
