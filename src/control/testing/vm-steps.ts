/** Steps that tests of the control plane are told in: a VM created, a verb given, what is read afterwards. */
import assert from 'node:assert/strict';
import type { Task } from '../../core/task/task.ts';
import type { CachedVm } from '../cached-vm.ts';
import type { Mutated } from '../mutate.ts';
import { createVm } from '../operations/create-vm.ts';
import { getTask } from '../operations/tasks.ts';
import { verbVm } from '../operations/verb-vm.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import type { FakeNode } from './fake-node.ts';
import { aBody, admin, aPlane, type TestPlane } from './test-plane.ts';

export const any = { ifMatch: null };
export const refuse = { ...any, onRestart: 'refuse', allowReplace: false } as const;

export function done<T>(result: Mutated<T> | Refusal): T {
  assert.ok(!isRefused(result), `refused: ${JSON.stringify(result)}`);
  assert.equal(result.kind, 'done');
  return (result as Extract<Mutated<T>, { kind: 'done' }>).result;
}

export function refusalOf(result: object): string {
  assert.ok('refused' in result, `not refused: ${JSON.stringify(result)}`);
  return (result as Refusal).code;
}

export const create = async (world: TestPlane, name: string, fields: object = {}): Promise<Task> =>
  done(await createVm(world.plane.ctx, admin, aBody(name, fields), { ifNoneMatch: false }));

export const verb = (world: TestPlane, name: string, what: 'start' | 'stop' | 'poweroff' | 'reboot') =>
  verbVm(world.plane.ctx, admin, name, { verb: what, precondition: any });

export function vm(world: TestPlane, name: string): CachedVm {
  const found = world.plane.model.get(name);
  assert.ok(found !== undefined, `VM "${name}" exists`);
  return found;
}

export function task(world: TestPlane, { id }: Task): Task {
  const found = getTask(world.plane.ctx, id);
  assert.ok(!isRefused(found));
  return found;
}

/** A world with one node and one VM that runs and is in sync. */
export async function aRunningVm(fields: object = {}): Promise<{ world: TestPlane; node: FakeNode }> {
  const world = await aPlane();
  const node = await world.node();
  await create(world, 'web-1', fields);
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').reading.phase, 'running');
  return { world, node };
}

export async function follow(world: TestPlane, node: FakeNode): Promise<void> {
  await world.clock.settle();
  await node.follow();
  await world.clock.settle();
}
