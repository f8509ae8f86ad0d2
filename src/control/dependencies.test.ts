import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmRecord } from '../core/instance/vm-record.ts';
import { applyBatch } from './operations/apply-batch.ts';
import { createVm } from './operations/create-vm.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm } from './operations/patch-vm.ts';
import { isRefused } from './refusal.ts';
import { put, readRow, vmKey } from './rows.ts';
import { aBody, admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, create, done, follow, refusalOf, refuse, vm } from './testing/vm-steps.ts';

const remove = (world: TestPlane, name: string) =>
  deleteVm(world.plane.ctx, admin, name, { ...any, graceful: false, forget: false });
const codeOf = (world: TestPlane, name: string) => vm(world, name).reading.reason?.code;
const phaseOf = (world: TestPlane, name: string) => vm(world, name).reading.phase;

test('depends_on: a VM is placed once what it depends on was made, whatever the order of the declarations', async () => {
  const world = await aPlane();
  const node = await world.node();
  await create(world, 'web', { depends_on: ['db', 'cache'] });
  await world.clock.settle();
  assert.equal(codeOf(world, 'web'), 'dependency_failed', 'db does not exist yet');
  await create(world, 'cache');
  await create(world, 'db');
  await world.clock.settle();
  assert.equal(phaseOf(world, 'db'), 'creating');
  assert.equal(codeOf(world, 'web'), 'dependency_not_ready');
  await follow(world, node);
  assert.equal(phaseOf(world, 'db'), 'running');
  await follow(world, node);
  assert.equal(phaseOf(world, 'web'), 'running');
  await world.stop();
});

test('depends_on: a dependency that failed leaves its dependents pending(dependency_failed), theirs too, until it is repaired', async () => {
  const world = await aPlane();
  const node = await world.node();
  await create(world, 'db');
  await create(world, 'web', { depends_on: ['db'] });
  await create(world, 'proxy', { depends_on: ['web'] });
  await world.clock.settle();
  await node.pull();
  const reason = { code: 'checksum_mismatch', message: 'Other bytes', at: world.clock.now(), details: {} } as const;
  node.script('db', () => ({
    observedGeneration: 0,
    everRan: false,
    incarnation: null,
    failure: { reason, generation: 1, run: 1 },
  }));
  await node.report();
  await world.clock.settle();
  assert.equal(phaseOf(world, 'db'), 'error');
  assert.equal(codeOf(world, 'web'), 'dependency_failed');
  assert.equal(codeOf(world, 'proxy'), 'dependency_failed');
  for (const _ of ['db', 'web', 'proxy']) {
    await node.obey();
    await world.clock.settle();
    await Promise.race([node.pull(), world.clock.settle()]);
  }
  await node.obey();
  await world.clock.settle();
  assert.deepEqual(
    ['db', 'web', 'proxy'].map((name) => phaseOf(world, name)),
    ['running', 'running', 'running'],
  );
  await world.stop();
});

test('depends_on: what others depend on is not deleted before them; who has a place keeps it', async () => {
  const world = await aPlane();
  const node = await world.node();
  await create(world, 'db');
  await create(world, 'web', { depends_on: ['db'] });
  await world.clock.settle();
  await follow(world, node);
  await follow(world, node);
  assert.equal(refusalOf(await remove(world, 'db')), 'has_dependents');
  done(await patchVm(world.plane.ctx, admin, 'web', { body: { depends_on: [] }, options: refuse }));
  done(await remove(world, 'db'));
  await follow(world, node);
  assert.equal(world.plane.model.get('db'), undefined);
  assert.equal(phaseOf(world, 'web'), 'running');
  await world.stop();
});

test('depends_on: requests at one moment that together would close a cycle are judged by each other: the last is refused', async () => {
  const world = await aPlane();
  const { ctx } = world.plane;
  const declare = (name: string, on: string) =>
    createVm(ctx, admin, aBody(name, { depends_on: [on] }), { ifNoneMatch: false });
  const answers = await Promise.all([declare('a', 'b'), declare('b', 'c'), declare('c', 'a')]);
  assert.deepEqual(answers.map((answer) => (isRefused(answer) ? answer.code : answer.kind)).toSorted(), [
    'cycle',
    'done',
    'done',
  ]);

  await create(world, 'd');
  await create(world, 'e');
  const turn = (name: string, on: string) => patchVm(ctx, admin, name, { body: { depends_on: [on] }, options: refuse });
  const turned = await Promise.all([turn('d', 'e'), turn('e', 'd')]);
  assert.deepEqual(turned.map((answer) => (isRefused(answer) ? answer.code : answer.kind)).toSorted(), [
    'cycle',
    'done',
  ]);

  // Also where neither names the other, but only what leads to it.
  for (const name of ['x', 'y']) await create(world, name);
  await create(world, 'a-y', { depends_on: ['y'] });
  await create(world, 'b-x', { depends_on: ['x'] });
  const around = await Promise.all([turn('x', 'a-y'), turn('y', 'b-x')]);
  assert.deepEqual(around.map((answer) => (isRefused(answer) ? answer.code : answer.kind)).toSorted(), [
    'cycle',
    'done',
  ]);
  await world.stop();
});

test('depends_on: a cycle that is in the store already is told by its path, and the scheduler comes to rest', async () => {
  const world = await aPlane();
  await world.node();
  await create(world, 'a', { depends_on: ['c'] });
  await create(world, 'b', { depends_on: ['a'] });
  await world.clock.settle();
  // As requests at one moment could close it before the check looked at all it had seen.
  const { store } = world.plane.ctx;
  const row = readRow<VmRecord>(store, vmKey('a'));
  assert.ok(row !== undefined);
  const spec = { ...row.value.spec, dependsOn: ['b'] };
  await store.commit({ put: [put(vmKey('a'), { ...row.value, spec, generation: row.value.generation + 1 })] });
  await world.clock.settle();
  assert.match(vm(world, 'a').reading.reason?.message ?? '', /depends_on forms a cycle: a → b → a/);
  assert.match(vm(world, 'b').reading.reason?.message ?? '', /depends_on forms a cycle: b → a → b/);
  const settled = store.revision();
  for (let turn = 0; turn < 20; turn += 1) await world.clock.settle();
  assert.equal(store.revision(), settled);
  await world.stop();
});

test('depends_on: what an apply prunes is judged by what its documents then depend on, not by what they did before', async () => {
  const world = await aPlane();
  await create(world, 'db', { labels: { owner: 'shop' } });
  await create(world, 'web', { labels: { owner: 'shop' }, depends_on: ['db'] });
  await world.clock.settle();
  const apply = (dependsOn: readonly string[]) => {
    const fields = { labels: { owner: 'shop' }, depends_on: dependsOn };
    const documents = [{ api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('web', fields) }];
    const consent = { onRestart: 'refuse', allowReplace: false } as const;
    const selector = [{ key: 'owner', op: 'equals', value: 'shop' }] as const;
    return applyBatch(world.plane.ctx, admin, { documents, consent, prune: { selector, limit: 10 } });
  };
  assert.equal(refusalOf(await apply(['db'])), 'has_dependents');
  done(await apply([]));
  assert.equal(vm(world, 'db').record.desiredPhase, 'deleted');

  await create(world, 'cache', { labels: { owner: 'shop' } });
  await world.clock.settle();
  assert.equal(refusalOf(await apply(['cache'])), 'has_dependents');
  assert.equal(vm(world, 'cache').record.desiredPhase, 'running');
  await world.stop();
});
