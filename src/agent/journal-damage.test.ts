/** F4: a damaged journal is repaired from what runs; nothing is started, and nothing destroyed, on a guess. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../adapters/store/memory.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import type { Json } from '../core/kit/json.ts';
import { aBootedGuest, createTestNode, type TestNode, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });

async function runningNode(): Promise<TestNode> {
  const node = await aBootedGuest(running());
  node.kill();
  return node;
}

async function write(node: TestNode, key: string, value: Json | null): Promise<void> {
  const store = createMemoryStore({ medium: node.medium });
  await store.commit(value === null ? { delete: [key] } : { put: [{ key, value }] });
}

test('F4 journal_corrupt: a damaged record is replaced by the process that is found; no second one starts', async () => {
  for (const damage of [{ v: 1, record: { uid: testUid } }, { v: 99 }, 'rubbish', null]) {
    const node = await runningNode();
    const pid = node.world.vmProcesses(testUid)[0]?.pid;
    await write(node, `record/${testUid}`, damage);
    const { life } = node.boot();
    await node.clock.advance(60_000);
    assert.equal(node.liveCount(), 1);
    assert.equal(node.world.vmProcesses(testUid)[0]?.pid, pid, 'the same process');
    assert.equal(life.calls.filter((call) => call === 'runtime.spawn').length, 0);
    assert.equal(node.seen()?.observedGeneration, 1);
    assert.equal(node.events().includes('journal_corrupt'), damage !== null);
    assert.ok(node.events().includes('adopted'));
    node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
    await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
    assert.equal(node.liveCount(), 0);
  }
});

test('F4 a guest that runs though an older journal speaks of the run before is taken over, not ended as one never let go', async () => {
  const cases = (['running', 'stopped'] as const).flatMap((phase) =>
    [false, true].map((silent) => ({ phase, silent })),
  );
  for (const { phase, silent } of cases) {
    const node = createTestNode();
    node.boot();
    node.assign(running({ desiredPhase: phase }));
    await node.until((seen) => seen?.observedGeneration === 1, phase);
    const old = node.medium.peek(`record/${testUid}`)?.value as Json;
    node.assign(running({ generation: 2, run: 2 }));
    await node.until((seen) => seen?.observedGeneration === 2, 'run 2');
    await node.clock.advance(5_000);
    node.kill();
    const [process] = node.world.vmProcesses(testUid);
    await write(node, `record/${testUid}`, old);
    // A silent monitor says nothing about the guest (F2).
    node.world.faults = { ...node.world.faults, monitorSilent: () => silent };
    node.boot();
    if (silent) await node.clock.advance(30_000);
    node.world.faults = { ...node.world.faults, monitorSilent: () => false };
    await node.until((seen) => seen?.guest === 'running' && seen.observedGeneration === 2, 'taken over');
    await node.clock.advance(60_000);
    assert.deepEqual(node.world.vmProcesses(testUid), [process]);
    assert.ok(!node.events().includes('stray_killed') && node.events().includes('adopted'));
    node.assign(running({ generation: 3, desiredPhase: 'stopped' }));
    await node.until((seen) => seen?.observedGeneration === 3, 'stopped');
    assert.equal(node.liveCount(), 0);
    assert.ok(!node.events().includes('killed'), 'it powered off by itself');
  }
});

test('F4 a lost record and a deletion: the process is adopted, ended and removed', async () => {
  const node = await runningNode();
  await write(node, `record/${testUid}`, null);
  node.assign(running({ generation: 2, desiredPhase: 'deleted', stopMode: 'forced' }));
  node.boot();
  await node.clock.advanceUntil(() => node.plane.reports.at(-1)?.removed.includes(testUid) === true, 10_000, 'removed');
  assert.equal(node.liveCount(), 0);
  assert.equal(node.world.instances.size, 0);
});

test('a damaged row of the assignment makes the agent ask for the whole set again', async () => {
  const node = await runningNode();
  await write(node, `assigned/${testUid}`, { v: 1, desired: { name: 'web-1' } });
  node.boot();
  await node.until((seen) => seen?.observedGeneration === 1, 'whole again');
  assert.deepEqual(node.plane.pulls.at(-2), null);
  await node.clock.advance(30_000);
  assert.equal(node.liveCount(), 1);
});

test('F4 while the host cannot be scanned nothing is started', async () => {
  const node = createTestNode();
  const findings = node.world.instances;
  let failing = true;
  Object.defineProperty(node.world, 'instances', {
    get: () => {
      if (failing) throw new Error('the disk does not answer');
      return findings;
    },
  });
  node.boot();
  node.assign(running());
  await node.clock.advance(60_000);
  assert.equal(node.liveCount(), 0);
  assert.equal(node.events().filter((code) => code === 'scan_failed').length, 1, 'told once');
  assert.ok(
    node.plane.reports.every(({ full }) => !full),
    'what the node has is not known yet',
  );
  failing = false;
  await node.until((seen) => seen?.observedGeneration === 1, 'started after the scan');
  assert.ok(node.plane.reports.some(({ full }) => full));
});

test('an agent without any journal leaves what runs alone, and adopts it when it is assigned', async () => {
  const node = await runningNode();
  const store = createMemoryStore({ medium: node.medium });
  const keys = [...store.list('')].map(({ key }) => key);
  await store.commit({ delete: keys });
  node.assign();
  node.boot();
  await node.clock.advance(400_000);
  assert.equal(node.liveCount(), 1);
  assert.deepEqual(node.plane.reports.at(-1)?.unassigned, [
    { uid: testUid, name: 'web-1', state: 'running', order: null },
  ]);
  const pid = node.world.vmProcesses(testUid)[0]?.pid;
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'adopted');
  assert.equal(node.world.vmProcesses(testUid)[0]?.pid, pid);
});

test('unknown instances under policy destroy are ended and removed once the control plane has spoken', async () => {
  const node = createTestNode({ config: { unknownInstances: 'destroy' } });
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.assign();
  await node.clock.advanceUntil(() => node.liveCount() === 0, 400_000, 'destroyed by policy');
  assert.equal(node.world.instances.size, 0);
  await node.clock.advanceUntil(() => node.events().includes('unassigned_destroyed'), 1_000, 'told');
});
