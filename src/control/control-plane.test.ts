import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import type { Task } from '../core/task/task.ts';
import type { Mutated } from './mutate.ts';
import { createVm } from './operations/create-vm.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm, resizeVm } from './operations/patch-vm.ts';
import { pauseVm, resetVm } from './operations/sync-verb-vm.ts';
import { getTask } from './operations/tasks.ts';
import { verbVm } from './operations/verb-vm.ts';
import type { CachedVm } from './read-model.ts';
import { isRefused, type Refusal } from './refusal.ts';
import type { FakeNode } from './testing/fake-node.ts';
import { aBody, admin, aPlane, type TestPlane } from './testing/test-plane.ts';

const any = { ifMatch: null };
const refuse = { ...any, onRestart: 'refuse', allowReplace: false } as const;

function done<T>(result: Mutated<T> | Refusal): T {
  assert.ok(!isRefused(result), `refused: ${JSON.stringify(result)}`);
  assert.equal(result.kind, 'done');
  return (result as Extract<Mutated<T>, { kind: 'done' }>).result;
}

function refusalOf(result: object): string {
  assert.ok('refused' in result, `not refused: ${JSON.stringify(result)}`);
  return (result as Refusal).code;
}

const create = async (world: TestPlane, name: string, fields: object = {}): Promise<Task> =>
  done(await createVm(world.plane.ctx, admin, aBody(name, fields), { ifNoneMatch: false }));

const verb = (world: TestPlane, name: string, what: 'start' | 'stop' | 'poweroff' | 'reboot') =>
  verbVm(world.plane.ctx, admin, name, { verb: what, precondition: any });

function vm(world: TestPlane, name: string): CachedVm {
  const found = world.plane.model.get(name);
  assert.ok(found !== undefined, `VM "${name}" exists`);
  return found;
}

function task(world: TestPlane, { id }: Task): Task {
  const found = getTask(world.plane.ctx, id);
  assert.ok(!isRefused(found));
  return found;
}

/** A world with one node and one VM that runs and is in sync. */
async function aRunningVm(fields: object = {}): Promise<{ world: TestPlane; node: FakeNode }> {
  const world = await aPlane();
  const node = await world.node();
  await create(world, 'web-1', fields);
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.phase, 'running');
  return { world, node };
}

async function follow(world: TestPlane, node: FakeNode): Promise<void> {
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
}

test('a created VM is readable at once, placed, assigned; its task succeeds when it is in sync', async () => {
  const world = await aPlane();
  const created = await create(world, 'web-1');
  assert.equal(vm(world, 'web-1').reading.phase, 'pending');
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.reason?.code, 'no_nodes');
  const node = await world.node();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.phase, 'creating');
  await node.pull();
  assert.equal(node.desired('web-1').generation, 1);
  assert.equal(task(world, created).status, 'pending');
  await node.obey();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  assert.equal(task(world, created).status, 'success');
  assert.equal(task(world, created).progress, 100);
  await world.stop();
});

test('generation grows by one on a change of desired state and on nothing else (S2)', async () => {
  const { world } = await aRunningVm();
  const before = vm(world, 'web-1');
  done(await patchVm(world.plane.ctx, admin, 'web-1', { body: { labels: { app: 'web' } }, options: refuse }));
  const labelled = vm(world, 'web-1');
  assert.equal(labelled.record.generation, before.record.generation);
  assert.ok(labelled.revision > before.revision);
  done(await patchVm(world.plane.ctx, admin, 'web-1', { body: { labels: { app: 'web' } }, options: refuse }));
  assert.equal(vm(world, 'web-1').revision, labelled.revision);
  done(await patchVm(world.plane.ctx, admin, 'web-1', { body: { restart_policy: 'always' }, options: refuse }));
  assert.equal(vm(world, 'web-1').record.generation, before.record.generation + 1);
  await world.stop();
});

test('a label-only patch wakes no agent', async () => {
  const { world, node } = await aRunningVm();
  const revision = node.assignment?.at.revision;
  done(await patchVm(world.plane.ctx, admin, 'web-1', { body: { labels: { app: 'web' } }, options: refuse }));
  await world.clock.settle();
  const stop = new AbortController();
  const pulled = node.pull(stop.signal).then(
    () => 'news',
    () => 'none',
  );
  await world.clock.settle();
  stop.abort(new Error('enough'));
  assert.equal(await pulled, 'none');
  assert.equal(node.assignment?.at.revision, revision);
  await world.stop();
});

test('start on a VM that runs its run is success at once without a bump, and so is stop on a stopped one', async () => {
  const { world, node } = await aRunningVm();
  const generation = vm(world, 'web-1').record.generation;
  assert.equal(done(await verb(world, 'web-1', 'start')).status, 'success');
  assert.equal(vm(world, 'web-1').record.generation, generation);
  const stop = done(await verb(world, 'web-1', 'stop'));
  assert.equal(stop.status, 'pending');
  await follow(world, node);
  assert.equal(vm(world, 'web-1').reading.phase, 'stopped');
  assert.equal(task(world, stop).status, 'success');
  assert.equal(done(await verb(world, 'web-1', 'stop')).status, 'success');
  assert.equal(vm(world, 'web-1').record.generation, generation + 1);
  await world.stop();
});

test('start during a graceful stop adds a run and supersedes the stop', async () => {
  const { world, node } = await aRunningVm();
  const stop = done(await verb(world, 'web-1', 'stop'));
  await world.clock.settle();
  await node.pull();
  node.script('web-1', (observed) => ({
    seenGeneration: 2,
    incarnation: {
      ...node.incarnation(node.desired('web-1')),
      ...observed.incarnation,
      state: 'stopping',
      stateGeneration: 4,
    },
  }));
  await node.report();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.phase, 'stopping');
  assert.equal(task(world, stop).status, 'running');
  const start = done(await verb(world, 'web-1', 'start'));
  await world.clock.settle();
  assert.equal(task(world, stop).status, 'superseded');
  assert.equal(task(world, stop).supersededBy, start.id);
  assert.equal(vm(world, 'web-1').record.run, 2);
  await follow(world, node);
  assert.equal(task(world, start).status, 'success');
  await world.stop();
});

test('after error(stop_timeout) start keeps the live incarnation and adds no run (S26)', async () => {
  const { world, node } = await aRunningVm({ stop: { on_timeout: 'fail' } });
  const stop = done(await verb(world, 'web-1', 'stop'));
  await world.clock.settle();
  await node.pull();
  const message = `Cannot stop VM "web-1": the guest did not power off within 60 s and stop.on_timeout is 'fail'`;
  node.script('web-1', () => ({
    seenGeneration: 2,
    operationError: {
      reason: { code: 'stop_timeout', message, at: world.clock.now(), details: {} },
      incarnationId: null,
      generation: 2,
      retryAt: null,
      attempt: 1,
    },
  }));
  await node.report();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.reason?.code, 'stop_timeout');
  assert.equal(task(world, stop).status, 'failed');
  assert.equal(task(world, stop).error?.message, message);
  const run = vm(world, 'web-1').record.run;
  done(await verb(world, 'web-1', 'start'));
  assert.equal(vm(world, 'web-1').record.run, run);
  assert.equal(vm(world, 'web-1').record.desiredPhase, 'running');
  await follow(world, node);
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  await world.stop();
});

test('a change that needs a restart is refused, restarts or is deferred as asked', async () => {
  const { world, node } = await aRunningVm();
  const resize = (onRestart: 'refuse' | 'restart' | 'defer', memory: number) =>
    resizeVm(world.plane.ctx, admin, 'web-1', {
      body: { memory_mib: memory },
      options: { ...any, onRestart, allowReplace: false },
    });
  assert.equal(refusalOf(await resize('refuse', 256)), 'restart_required');
  assert.equal(vm(world, 'web-1').record.generation, 1);
  const deferred = done(await resize('defer', 256));
  assert.equal(vm(world, 'web-1').record.run, 1);
  await world.clock.settle();
  await node.pull();
  node.script('web-1', () => ({ seenGeneration: 2, observedGeneration: 2 }));
  await node.report();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.drift[0]?.cause, 'awaiting_restart');
  assert.equal(task(world, deferred).status, 'success');
  const restarted = done(await resize('restart', 512));
  assert.equal(vm(world, 'web-1').record.run, 2);
  await follow(world, node);
  assert.equal(task(world, restarted).status, 'success');
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  await world.stop();
});

test('pause answers after the observation is readable; without a node nothing changes', async () => {
  const { world, node } = await aRunningVm();
  const pause = () => pauseVm(world.plane.sync, admin, 'web-1', { verb: 'pause', precondition: any });
  done(await pause());
  assert.equal(vm(world, 'web-1').reading.phase, 'paused');
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  const generation = vm(world, 'web-1').record.generation;
  done(await pause());
  assert.equal(vm(world, 'web-1').record.generation, generation);
  node.session?.close();
  await world.clock.settle();
  const resume = pauseVm(world.plane.sync, admin, 'web-1', { verb: 'resume', precondition: any });
  await assert.rejects(resume, (error: unknown) => error instanceof Fault && error.code === 'node_unreachable');
  assert.equal(vm(world, 'web-1').record.generation, generation);
  await assert.rejects(resetVm(world.plane.sync, admin, 'web-1', any), { code: 'node_unreachable' });
  await world.stop();
});

test('a connection lost after the call leaves the outcome unknown and the wish standing', async () => {
  const { world, node } = await aRunningVm();
  node.failWith = new Fault('outcome_unknown', 'The connection broke');
  await assert.rejects(pauseVm(world.plane.sync, admin, 'web-1', { verb: 'pause', precondition: any }), {
    code: 'outcome_unknown',
  });
  assert.equal(vm(world, 'web-1').record.desiredPaused, true);
  await follow(world, node);
  assert.equal(vm(world, 'web-1').reading.phase, 'paused');
  await world.stop();
});

test('a deleted name is taken until the node reported removal, then gone is readable by uid', async () => {
  const { world, node } = await aRunningVm();
  const { uid } = vm(world, 'web-1').record;
  const options = { ...any, graceful: false, forget: false };
  const deleted = done(await deleteVm(world.plane.ctx, admin, 'web-1', options));
  assert.equal(vm(world, 'web-1').reading.phase, 'deleting');
  const again = await createVm(world.plane.ctx, admin, aBody('web-1'), { ifNoneMatch: false });
  assert.equal(refusalOf(again), 'name_taken');
  assert.equal(refusalOf(await verb(world, 'web-1', 'start')), 'being_deleted');
  await follow(world, node);
  assert.equal(task(world, deleted).status, 'success');
  assert.equal(world.plane.model.get('web-1'), undefined);
  assert.equal(world.plane.model.getByUid(uid)?.reading.phase, 'gone');
  await node.pull();
  assert.deepEqual(node.assignment?.instances, []);
  await create(world, 'web-1');
  assert.notEqual(vm(world, 'web-1').record.uid, uid);
  await world.stop();
});

test('forget frees the name, and the node that returns is still told to remove', async () => {
  const { world, node } = await aRunningVm();
  const { uid } = vm(world, 'web-1').record;
  done(await deleteVm(world.plane.ctx, admin, 'web-1', { ...any, graceful: false, forget: true }));
  await world.clock.settle();
  assert.equal(world.plane.model.get('web-1'), undefined);
  await node.pull();
  assert.equal(node.assignment?.instances[0]?.desiredPhase, 'deleted');
  await node.obey();
  await node.pull();
  assert.deepEqual(node.assignment?.instances, []);
  assert.equal(world.plane.model.getByUid(uid)?.reading.phase, 'gone');
  await world.stop();
});

test('a VM that no node ever had is gone as soon as it is deleted', async () => {
  const world = await aPlane();
  await create(world, 'web-1');
  await world.clock.settle();
  const deleted = done(await deleteVm(world.plane.ctx, admin, 'web-1', { ...any, graceful: false, forget: false }));
  await world.clock.settle();
  assert.equal(task(world, deleted).status, 'success');
  assert.equal(world.plane.model.get('web-1'), undefined);
  await world.stop();
});

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

test('an empty store given to a node that runs VMs destroys nothing: it hears of them as unassigned', async () => {
  const world = await aPlane();
  const node = await world.node();
  const uid = '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10' as never;
  node.unassigned = [{ uid, name: 'old-1', state: 'running' }];
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

test('a start that cannot succeed fails its task at the deadline, and convergence goes on (F1)', async () => {
  const world = await aPlane();
  const created = await create(world, 'web-1');
  await world.clock.advance(601_000);
  assert.equal(task(world, created).status, 'failed');
  assert.equal(task(world, created).error?.code, 'operation_deadline_exceeded');
  const node = await world.node();
  await follow(world, node);
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  assert.equal(task(world, created).status, 'failed');
  await world.stop();
});

test('a repeated request with its key is answered as before; another body or a running first is refused', async () => {
  const world = await aPlane();
  const idempotency = { key: 'k1', scope: 'user:admin POST /v1/vms', bodyHash: 'a' };
  const caller = { ...admin, idempotency };
  const ask = (who = caller) => createVm(world.plane.ctx, who, aBody('web-1'), { ifNoneMatch: false });
  const [first, second] = await Promise.all([ask(), ask()]);
  assert.equal(refusalOf(second), 'idempotency_in_progress');
  const created = done(first);
  const replay = await ask();
  assert.ok(!isRefused(replay) && replay.kind === 'replayed');
  assert.equal((replay.stored.body as { id: string }).id, created.id);
  const other = await ask({ ...caller, idempotency: { ...idempotency, bodyHash: 'b' } });
  assert.equal(refusalOf(other), 'idempotency_key_mismatch');
  await world.stop();
});
