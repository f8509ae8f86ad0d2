/** The requests users make, in short words. */
import type { ChangeConsent } from '../../control/operations/change-vm.ts';
import { createVm } from '../../control/operations/create-vm.ts';
import { deleteVm } from '../../control/operations/delete-vm.ts';
import { patchVm, resizeVm } from '../../control/operations/patch-vm.ts';
import { pauseVm, resetVm } from '../../control/operations/sync-verb-vm.ts';
import { verbVm } from '../../control/operations/verb-vm.ts';
import type { AsyncVerb, PauseVerb } from '../../core/desired/decide-verb.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import type { Task } from '../../core/task/task.ts';
import { kernelUrl } from '../images.ts';
import type { SimWorld } from '../sim-world.ts';
import { type Acknowledged, type Answer, theUser } from '../users.ts';

const precondition = { ifMatch: null };

/** A small guest with a kernel. */
export const aVm = (name: string, fields: JsonObject = {}): JsonObject => ({
  api_version: 'holdfast/v1',
  kind: 'VirtualMachine',
  name,
  kernel: kernelUrl,
  stop: { grace_seconds: 10 },
  ...fields,
});

const promisedByTask = (what: string) => (_plane: unknown, task: Task) => ({
  uid: task.resource.uid,
  name: task.resource.name,
  generation: task.targetGeneration,
  what,
});

export function create({ users }: SimWorld, name: string, fields: JsonObject = {}): Promise<Answer<Task>> {
  return users.ask(
    `create ${name}`,
    (plane) => createVm(plane.ctx, theUser, aVm(name, fields), { ifNoneMatch: false }),
    promisedByTask('create'),
  );
}

export function verb({ users }: SimWorld, name: string, what: AsyncVerb): Promise<Answer<Task>> {
  return users.ask(
    `${what} ${name}`,
    (plane) => verbVm(plane.ctx, theUser, name, { verb: what, precondition }),
    promisedByTask(what),
  );
}

export function remove(
  { users }: SimWorld,
  name: string,
  options: { readonly graceful?: boolean; readonly forget?: boolean } = {},
): Promise<Answer<Task>> {
  const { graceful = false, forget = false } = options;
  return users.ask(
    `delete ${name}`,
    (plane) => deleteVm(plane.ctx, theUser, name, { ...precondition, graceful, forget }),
    promisedByTask('delete'),
  );
}

const promisedByName =
  (what: string) => (plane: Parameters<Parameters<SimWorld['users']['ask']>[1]>[0], name: string) => {
    const record = plane.model.get(name)?.record;
    return record === undefined
      ? null
      : ({ uid: record.uid, name, generation: record.generation, what } satisfies Acknowledged);
  };

export function patch(
  { users }: SimWorld,
  name: string,
  body: JsonObject,
  consent: Partial<ChangeConsent> = {},
): Promise<Answer<string>> {
  const options = { ...precondition, onRestart: 'refuse' as const, allowReplace: false, ...consent };
  return users.ask(
    `patch ${name} ${JSON.stringify(body)}`,
    (plane) => patchVm(plane.ctx, theUser, name, { body, options }),
    promisedByName('patch'),
  );
}

export function resize(
  { users }: SimWorld,
  name: string,
  body: JsonObject,
  consent: Partial<ChangeConsent> = {},
): Promise<Answer<Task>> {
  const options = { ...precondition, onRestart: 'refuse' as const, allowReplace: false, ...consent };
  return users.ask(
    `resize ${name} ${JSON.stringify(body)}`,
    (plane) => resizeVm(plane.ctx, theUser, name, { body, options }),
    promisedByTask('resize'),
  );
}

export function pause({ users }: SimWorld, name: string, what: PauseVerb): Promise<Answer<string>> {
  return users.ask(
    `${what} ${name}`,
    (plane) => pauseVm(plane.sync, theUser, name, { verb: what, precondition }),
    promisedByName(what),
  );
}

export function reset({ users }: SimWorld, name: string): Promise<Answer<string>> {
  return users.ask(`reset ${name}`, (plane) => resetVm(plane.sync, theUser, name, precondition));
}
