import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { createVm } from './operations/create-vm.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm, resizeVm } from './operations/patch-vm.ts';
import { pauseVm, resetVm } from './operations/sync-verb-vm.ts';
import { cancelVmTask } from './operations/tasks.ts';
import { isRefused } from './refusal.ts';
import { aBody, admin, aPlane } from './testing/test-plane.ts';
import { any, aRunningVm, create, done, follow, refusalOf, refuse, task, verb, vm } from './testing/vm-steps.ts';

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
  assert.equal(node.desired('web-1').placement, 1, 'its first place: it had none before');
  assert.equal(task(world, created).status, 'pending');
  await node.obey();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  assert.equal(task(world, created).status, 'success');
  assert.equal(task(world, created).progress, 100);
  await world.stop();
});

test('a patched field is as patched at once; status changes only by what the node reports (S1)', async () => {
  const { world, node } = await aRunningVm();
  const { observation } = vm(world, 'web-1').view;
  done(await patchVm(world.plane.ctx, admin, 'web-1', { body: { restart_policy: 'always' }, options: refuse }));
  assert.equal(vm(world, 'web-1').record.spec.restartPolicy, 'always');
  await world.clock.advance(5_000);
  assert.equal(vm(world, 'web-1').view.observation, observation);
  assert.equal(vm(world, 'web-1').reading.inSync, false);
  await follow(world, node);
  assert.notEqual(vm(world, 'web-1').view.observation, observation);
  assert.equal(vm(world, 'web-1').reading.inSync, true);
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

test('pause and resume are answered as what they did while a newer run is held up (ADR 14)', async () => {
  const { world, node } = await aRunningVm();
  done(await verb(world, 'web-1', 'reboot'));
  node.heldUp = true;
  for (const [asked, phase] of [
    ['pause', 'paused'],
    ['resume', 'running'],
  ] as const) {
    done(await pauseVm(world.plane.sync, admin, 'web-1', { verb: asked, precondition: any }));
    assert.equal(vm(world, 'web-1').reading.phase, phase);
    assert.equal(vm(world, 'web-1').reading.inSync, false);
  }
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

test('a pause that the node cannot read is told as that, and the wish stands until it has been upgraded', async () => {
  const { world, node } = await aRunningVm();
  node.failWith = new Fault('unreadable_order', 'Cannot carry out the order of VM "web-1": this agent is older');
  await assert.rejects(pauseVm(world.plane.sync, admin, 'web-1', { verb: 'pause', precondition: any }), {
    code: 'unreadable_order',
  });
  assert.equal(vm(world, 'web-1').record.desiredPaused, true);
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

test('a change that comes in the moment of a cancellation is not lost in it', async () => {
  const world = await aPlane();
  const created = await create(world, 'web-1');
  const labels = { app: 'web' };
  const patched = patchVm(world.plane.ctx, admin, 'web-1', { body: { labels }, options: refuse });
  const cancelled = cancelVmTask(world.plane.ctx, admin, created.id);
  done(await patched);
  done(await cancelled);
  const record = world.plane.model.getByUid(created.resource.uid)?.record;
  assert.deepEqual([record?.desiredPhase, record?.labels], ['deleted', labels]);
  await world.stop();
});

/** A reset that is asked of a node as over a connection that is not known to be broken: nothing comes back. Answers what became of it. */
function resetOfDeafNode({ plane }: Awaited<ReturnType<typeof aRunningVm>>['world']): () => string {
  const service = plane.ctx.sessions.get('node-1')?.service;
  assert.ok(service !== undefined);
  service.reset = (_uid, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  let outcome = 'waits';
  resetVm(plane.sync, admin, 'web-1', any).catch((error: unknown) => {
    outcome = error instanceof Fault ? error.code : String(error);
  });
  return () => outcome;
}

test('a call to a node whose session ends is over at once: its outcome is unknown', async () => {
  const { world, node } = await aRunningVm();
  const outcome = resetOfDeafNode(world);
  await world.clock.settle();
  assert.equal(outcome(), 'waits');
  node.session?.close();
  await world.clock.settle();
  assert.equal(outcome(), 'outcome_unknown');
  await world.stop();
});

test('a node that is connected and does not answer is waited for 5 s and no longer (spec F2)', async () => {
  const { world } = await aRunningVm();
  const outcome = resetOfDeafNode(world);
  await world.clock.advance(4_999);
  assert.equal(outcome(), 'waits');
  await world.clock.advance(1);
  assert.equal(outcome(), 'outcome_unknown');
  await world.stop();
});
