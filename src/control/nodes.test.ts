import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testUid } from '../core/instance/testing/builders.ts';
import type { JsonObject } from '../core/kit/json.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm } from './operations/patch-vm.ts';
import { getNode } from './operations/read-operations.ts';
import { type EventRow, eventPrefix, type NodeRow, nodeKey, put, readRow, rowOf } from './rows.ts';
import { admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, aRunningVm, done, follow, refuse, verb, vm } from './testing/vm-steps.ts';

test('a silent node turns stale, unreachable and lost, and is ready again by one message (spec §9)', async () => {
  const { world, node } = await aRunningVm();
  const health = () => vm(world, 'web-1').reading.view.node?.health;
  await world.clock.advance(29_000);
  assert.equal(health(), 'ready');
  await world.clock.advance(2_000);
  assert.equal(health(), 'stale');
  assert.equal(vm(world, 'web-1').reading.stale, true);
  assert.equal(vm(world, 'web-1').reading.inSync, false);
  await world.clock.advance(60_000);
  assert.equal(health(), 'unreachable');
  await world.clock.advance(300_000);
  assert.equal(health(), 'lost');
  await node.report();
  await world.clock.settle();
  assert.equal(health(), 'ready');
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  await world.stop();
});

test('a control plane that starts leaves a node as silent as it was until the node speaks: its own start proves nothing (spec §9)', async () => {
  const { world } = await aRunningVm();
  await world.clock.advance(100_000);
  const health = (of: TestPlane) => vm(of, 'web-1').reading.view.node?.health;
  assert.equal(health(world), 'unreachable');
  await world.stop();
  const next = await aPlane(world);
  await next.clock.advance(20_000);
  assert.equal(health(next), 'unreachable');
  await (await next.node({ session: 'again' })).report();
  await next.clock.settle();
  assert.equal(health(next), 'ready');
  await next.stop();
});

test('what was known before the control plane was away for longer than a lease is stale from its start on, until the node speaks (S2b)', async () => {
  for (const [awayMs, isStale] of [
    [20_000, false],
    [3_600_000, true],
  ] as const) {
    const { world } = await aRunningVm();
    await world.stop();
    await world.clock.advance(awayMs);
    const next = await aPlane(world);
    await next.clock.settle();
    assert.equal(vm(next, 'web-1').reading.stale, isStale, `${awayMs} ms`);
    assert.equal(vm(next, 'web-1').reading.inSync, !isStale);
    await (await next.node({ session: 'again' })).report();
    await next.clock.settle();
    assert.equal(vm(next, 'web-1').reading.inSync, true);
    await next.stop();
  }
});

test('a node whose row somebody else writes in the moment it falls silent is judged anew at once', async () => {
  const slow = Promise.withResolvers<void>();
  let isSlow = false;
  const decideFate = async () => {
    if (isSlow) await slow.promise;
    return { kind: 'durable' } as const;
  };
  const world = await aPlane({ decideFate });
  await world.node();
  const { store } = world.plane.ctx;
  const row = () => readRow<NodeRow>(store, nodeKey('node-1'))?.value;
  await world.clock.advance(29_000);
  isSlow = true;
  const written = store.commit({ put: [put(nodeKey('node-1'), { ...row(), labels: { rack: 'a' } })] });
  await world.clock.advance(5_000);
  slow.resolve();
  await written;
  await world.clock.advance(1_000);
  assert.deepEqual([row()?.health, row()?.labels], ['stale', { rack: 'a' }]);
  await world.stop();
});

test('S31 a report that comes twice is applied once: its events too', async () => {
  const { world, node } = await aRunningVm();
  const report = {
    ...{ session: node.hello.session, sequence: 1_000, sentAt: world.clock.now(), full: false, seen: null },
    ...{ instances: [], metrics: [], removed: [], unassigned: [] },
    events: [{ at: world.clock.now(), uid: null, code: 'adopted', message: 'Adopted 2 instances' }],
  };
  const never = new AbortController().signal;
  for (const _ of ['sent', 'and again']) await node.session?.report(report, never);
  const told = world.plane.ctx.store.list(eventPrefix).map((entry) => rowOf<EventRow>(entry).value.message);
  assert.deepEqual(
    told.filter((message) => message === 'Adopted 2 instances'),
    ['Adopted 2 instances'],
  );
  await world.stop();
});

test('a report that came over the session of another life of its node is refused', async () => {
  const world = await aPlane();
  const node = await world.node();
  const report = { session: 'of another life', sequence: 1, sentAt: world.clock.now(), full: false, seen: null };
  const nothing = { instances: [], metrics: [], removed: [], unassigned: [], events: [] };
  await assert.rejects(
    node.session?.report({ ...report, ...nothing }, new AbortController().signal) ?? Promise.resolve(),
    {
      code: 'session_closed',
    },
  );
  await world.stop();
});

test('a second live session of a node is refused, another cluster too (node_in_use, wrong_cluster)', async () => {
  const world = await aPlane();
  const first = await world.node();
  await assert.rejects(world.node({ session: 'other' }), { code: 'node_in_use' });
  await assert.rejects(world.node({ node: 'node-2', clusterId: 'another' }), { code: 'wrong_cluster' });
  first.session?.close();
  await world.node({ session: 'other', clusterId: world.plane.clusterId });
  await assert.rejects(first.report(), { code: 'session_closed' });
  await world.stop();
});

test('a node says when it was last heard of, above all while it is away', async () => {
  const world = await aPlane();
  const node = await world.node();
  const seen = () => (getNode(world.plane.ctx, 'node-1') as { readonly status: JsonObject }).status;
  await world.clock.advance(1_000);
  await node.report();
  const heard = new Date(world.clock.now()).toISOString();
  assert.deepEqual([seen()['connected'], seen()['last_seen_at']], [true, heard]);
  node.session?.close();
  await world.clock.advance(5_000);
  assert.deepEqual([seen()['connected'], seen()['last_seen_at']], [false, heard]);
  await world.stop();
});

test('a node says when it was last heard of also to the next life of the control plane, after a crash to the minute', async () => {
  const world = await aPlane();
  const node = await world.node();
  const seen = (plane: TestPlane) =>
    (getNode(plane.plane.ctx, 'node-1') as { readonly status: JsonObject }).status['last_seen_at'];
  for (let i = 0; i < 20; i++) {
    await world.clock.advance(10_000);
    await node.report();
  }
  const heard = world.clock.now();
  world.medium.crash();
  await world.clock.advance(5_000);
  const next = await aPlane(world);
  const told = Date.parse(String(seen(next)));
  assert.ok(told <= heard && told > heard - 60_000, `${heard - told} ms before the last word`);
  const again = await next.node();
  await next.clock.advance(10_000);
  await again.report();
  const last = new Date(next.clock.now()).toISOString();
  await next.clock.advance(5_000);
  await next.stop();
  const third = await aPlane(world);
  assert.equal(seen(third), last);
  await third.stop();
});

test('a silent session loses its place to a new one once its lease is over', async () => {
  const world = await aPlane();
  const first = await world.node();
  await world.clock.advance(31_000);
  await world.node({ session: 'other' });
  assert.equal(await first.session?.closed, 'its lease is over and the node connected again');
  await world.stop();
});

test('after a restore generations are raised above what the node reports, and nothing restarts (spec §9)', async () => {
  const { world, node } = await aRunningVm();
  const backup = world.medium.backup();
  done(await verb(world, 'web-1', 'reboot'));
  await follow(world, node);
  assert.equal(vm(world, 'web-1').record.run, 2);
  await world.stop();
  world.medium.restore(backup);
  const restored = await aPlane({ medium: world.medium, clock: world.clock });
  assert.equal(vm(restored, 'web-1').record.generation, 1);
  const back = await restored.node({ session: 'after', clusterId: restored.plane.clusterId });
  for (const [uid, observed] of node.observed) back.observed.set(uid, observed);
  await back.report({ full: true });
  await restored.clock.settle();
  const { record } = vm(restored, 'web-1');
  assert.equal(record.generation, 3);
  assert.equal(record.run, 2);
  await back.pull();
  assert.equal(back.desired('web-1').run, 2);
  await back.obey();
  assert.equal(vm(restored, 'web-1').reading.inSync, true);
  assert.deepEqual(vm(restored, 'web-1').reading.view.observation?.instance.incarnation?.run, 2);
  await restored.stop();
});

test('what is ordered after a restore is never taken for a generation of the lost store that the node has realised (S2b)', async () => {
  const { world, node } = await aRunningVm();
  const backup = world.medium.backup();
  done(await verb(world, 'web-1', 'reboot'));
  await follow(world, node);
  await world.stop();
  world.medium.restore(backup);
  const restored = await aPlane({ medium: world.medium, clock: world.clock });
  // Before the node is back, a user orders something else: it gets the number that the lost order had.
  done(await verb(restored, 'web-1', 'stop'));
  assert.equal(vm(restored, 'web-1').record.generation, 2);
  const back = await restored.node({ session: 'after', clusterId: restored.plane.clusterId });
  for (const [uid, observed] of node.observed) back.observed.set(uid, observed);
  back.assignment = node.assignment;
  const pulled = back.pull();
  await restored.clock.settle();
  assert.equal(back.assignment, node.assignment, 'it gets nothing before it has said what it knows');
  const nothing = { instances: [], metrics: [], removed: [], unassigned: [], events: [] };
  const partial = { session: 'after', sequence: 0, sentAt: restored.clock.now(), full: false, seen: null, ...nothing };
  await back.session?.report(partial, new AbortController().signal);
  await restored.clock.settle();
  assert.equal(back.assignment, node.assignment, 'nor after a part of it');
  await back.report({ full: true });
  await pulled;
  assert.equal(back.desired('web-1').generation, 3);
  assert.equal(back.desired('web-1').desiredPhase, 'stopped');
  await back.report({ full: true });
  assert.equal(vm(restored, 'web-1').record.generation, 3, 'it is raised once');
  await back.obey();
  assert.equal(vm(restored, 'web-1').reading.inSync, true);
  await restored.stop();
});

test('a reboot after a restore comes, though the node has run more often than the restored store knows of (spec §9)', async () => {
  const { world, node } = await aRunningVm();
  const backup = world.medium.backup();
  for (let reboots = 0; reboots < 2; reboots += 1) {
    done(await verb(world, 'web-1', 'reboot'));
    await follow(world, node);
  }
  await world.stop();
  world.medium.restore(backup);
  const restored = await aPlane({ medium: world.medium, clock: world.clock });
  // More orders than the lost store had given: no generation has to be raised.
  for (const restart_policy of ['always', 'never', 'always']) {
    done(await patchVm(restored.plane.ctx, admin, 'web-1', { body: { restart_policy }, options: refuse }));
  }
  assert.deepEqual([vm(restored, 'web-1').record.generation, vm(restored, 'web-1').record.run], [4, 1]);
  const back = await restored.node({ session: 'after', clusterId: restored.plane.clusterId });
  for (const [uid, observed] of node.observed) back.observed.set(uid, observed);
  await back.report({ full: true });
  assert.equal(vm(restored, 'web-1').record.run, 3, 'nothing restarts for it');
  done(await verb(restored, 'web-1', 'reboot'));
  assert.equal(vm(restored, 'web-1').record.run, 4);
  await restored.stop();
});

test('an empty store given to a node that runs VMs destroys nothing: it hears of them as unassigned', async () => {
  const world = await aPlane();
  const node = await world.node();
  node.unassigned = [{ uid: testUid, name: 'old-1', state: 'running', order: null }];
  await node.pull();
  assert.deepEqual(node.assignment?.instances, []);
  await node.report({ full: true });
  await world.clock.settle();
  const events = world.plane.ctx.store.list('event/').map(({ value }) => (value as { code: string }).code);
  assert.ok(events.includes('unassigned_runtime'));
  await node.report({ full: true });
  assert.equal(events.filter((code) => code === 'unassigned_runtime').length, 1);
  await world.stop();
});

test('a restarted control plane finds everything, and the agent pulls once more', async () => {
  const { world, node } = await aRunningVm();
  await world.stop();
  const second = await aPlane({ medium: world.medium, clock: world.clock });
  assert.equal(second.plane.clusterId, world.plane.clusterId);
  assert.equal(vm(second, 'web-1').reading.phase, 'running');
  const again = await second.node({ session: 'second', clusterId: second.plane.clusterId });
  await again.pull();
  assert.equal(again.desired('web-1').generation, node.desired('web-1').generation);
  await second.stop();
});

test('S31 a removal counts only from the node the VM is placed on', async () => {
  const { world, node } = await aRunningVm();
  const other = await world.node({ node: 'node-2' });
  const { uid } = vm(world, 'web-1').record;
  done(await deleteVm(world.plane.ctx, admin, 'web-1', { ...any, graceful: false, forget: false }));
  await other.report({ removed: [uid] });
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.phase, 'deleting');
  await follow(world, node);
  assert.equal(world.plane.model.get('web-1'), undefined);
  await world.stop();
});

test('a report that cannot be stored is refused, so that the node sends it again', async () => {
  const { world, node } = await aRunningVm();
  const { store } = world.plane.ctx;
  const { commit } = store;
  node.script('web-1', () => ({ silentSince: world.clock.now() }));
  store.commit = async () => ({ ok: false, conflicts: [] });
  await assert.rejects(node.report(), { code: 'conflict' });
  store.commit = commit;
  await world.stop();
});

test('S32 an instance that its agent no longer knows is no_such_instance, and repaired by the next report of it', async () => {
  const { world, node } = await aRunningVm();
  const { uid } = vm(world, 'web-1').record;
  const known = node.observed.get(uid);
  node.observed.delete(uid);
  await node.report({ full: true });
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.reason?.code, 'no_such_instance');
  if (known !== undefined) node.observed.set(uid, known);
  await node.report();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.phase, 'running');
  await world.stop();
});
