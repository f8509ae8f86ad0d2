import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeRuntime } from '../adapters/runtime/fake/create-fake-runtime.ts';
import { createFakeHost } from '../adapters/runtime/fake/fake-host.ts';
import { createMemoryStore, MemoryMedium } from '../adapters/store/memory.ts';
import { unknownHash } from '../core/instance/running-spec.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asIncarnationId, asUid } from '../core/kit/brand.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });

test('under adopt a node offers what no assignment names, with its last order; what was to go and what has no record is not (§3)', async () => {
  const node = createTestNode({ config: { unknownInstances: 'adopt' } });
  node.boot();
  const going = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c11');
  const web = running({ generation: 3, placement: 2, run: 2 });
  node.assign(web, running({ uid: going, name: 'going', stopMode: 'graceful' }));
  await node.until((seen) => seen?.observedGeneration === 3, 'in sync');
  node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
  node.assign(web, running({ uid: going, name: 'going', generation: 2, desiredPhase: 'released' }));
  await node.clock.advance(2_000);
  const offers = () => node.plane.reports.at(-1)?.unassigned.map(({ name, order }) => [name, order]);
  assert.deepEqual(offers(), []);
  node.assign();
  await node.clock.advanceUntil(() => offers()?.some(([, order]) => order !== null) === true, 30_000, 'offered');
  assert.deepEqual(
    offers()?.filter(([name]) => name === 'web-1'),
    [['web-1', web]],
  );
  assert.ok(offers()?.every(([name, order]) => name === 'web-1' || order === null));
  // The next life knows it from the journal.
  node.kill();
  node.boot();
  await node.clock.advance(30_000);
  assert.deepEqual(offers()?.find(([name]) => name === 'web-1')?.[1], web);
  // Assigned again it is no longer offered, and was never touched.
  node.assign({ ...web, generation: 4 });
  await node.until((seen) => seen?.observedGeneration === 4, 'managed again');
  assert.equal(
    offers()?.some(([name]) => name === 'web-1'),
    false,
  );
  assert.equal(node.liveCount(), 1);
});

test('a guest whose journal is lost keeps the host port that the node chose for it: only its process still knows it (§3)', async () => {
  let lost = false;
  const medium = new MemoryMedium();
  const node = createTestNode({ journal: (store) => (lost ? createMemoryStore({ medium }) : store) });
  node.boot();
  const forwards = [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 0, guestPort: 22 }] as const;
  const spec = testSpec({ nics: [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards }] });
  node.assign(running({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const { incarnation, hostPorts } = node.seen() ?? {};
  assert.equal(Object.keys(hostPorts ?? {}).length, 1);
  node.kill();
  lost = true;
  node.boot();
  node.assign(running({ spec, generation: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'adopted and in sync');
  assert.equal(node.seen()?.incarnation?.id, incarnation?.id);
  assert.deepEqual(node.seen()?.hostPorts, hostPorts);
});

test('F4 of a guest whose journal is lost the process is found, whatever else earlier incarnations left beside it', async () => {
  for (const isFirst of [true, false]) {
    let lost = false;
    const medium = new MemoryMedium();
    const node = createTestNode({ journal: (store) => (lost ? createMemoryStore({ medium }) : store) });
    node.boot();
    node.assign(running());
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    const id = node.seen()?.incarnation?.id;
    const dirs = node.world.instances.get(testUid)?.incarnations;
    assert.ok(dirs !== undefined && id !== undefined);
    const left = asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33');
    dirs.clear();
    for (const each of isFirst ? [left, id] : [id, left]) dirs.add(each);
    node.kill();
    lost = true;
    node.boot();
    node.assign(running({ generation: 2 }));
    await node.until((seen) => seen?.observedGeneration === 2, 'adopted and in sync');
    assert.equal(node.seen()?.incarnation?.id, id);
    assert.equal(node.seen()?.incarnation?.runningHash, unknownHash, 'what it was started from nobody knows');
    assert.equal(node.liveCount(), 1);
  }
});

test('F4 a process that appears for an incarnation which was given up is ended before another takes its place', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const id = node.seen()?.incarnation?.id;
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  assert.ok(id !== undefined);
  // Whoever started it died before, and it took its time.
  const { world } = node;
  const runtime = createFakeRuntime({ world, host: createFakeHost(world) });
  const artefacts = { root: null, kernel: null, initrd: null };
  const request = { uid: testUid, name: 'web-1', incarnationId: id, spec: testSpec(), artefacts, hostPorts: {} };
  const proof = await runtime.spawn(request, new AbortController().signal);
  node.assign(running({ generation: 3, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 3, 'in sync', 120_000);
  assert.notEqual(node.seen()?.incarnation?.id, id);
  assert.deepEqual([node.liveCount(), world.liveProcess(proof)], [1, undefined]);
});

test('what is offered goes on above every generation that its node has seen, whichever the last order was (S2)', async () => {
  const node = createTestNode({ config: { unknownInstances: 'adopt' } });
  node.boot();
  node.assign(running({ generation: 5 }));
  await node.until((seen) => seen?.observedGeneration === 5, 'in sync');
  // As a store orders it that was restored from an older backup.
  node.assign(running({ generation: 3 }));
  await node.clock.advance(1_000);
  node.assign();
  const offered = () => node.plane.reports.at(-1)?.unassigned[0]?.order ?? null;
  await node.clock.advanceUntil(() => offered() !== null, 30_000, 'offered');
  assert.equal(offered()?.generation, 5);
});

test('a guest that a journal of yesterday does not know is asked to power off where a stop is all that it knows (F4)', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'graceful' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  const yesterday = node.medium.backup();
  node.assign(running({ generation: 3, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 3, 'started again');
  await node.clock.advance(5_000);
  const log = () => node.world.instances.get(testUid)?.log ?? '';
  const before = log();
  node.kill();
  node.medium.restore(yesterday);
  node.unplug();
  node.boot();
  await node.clock.advanceUntil(() => node.liveCount() === 0, 60_000, 'it is off');
  assert.match(log().slice(before.length), /going down/);
});
