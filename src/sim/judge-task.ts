import type { Task } from '../core/task/task.ts';

/**
 * What is wrong with a task as it became durable. Spec §4: it succeeds when its instance is in sync at its target, or gone where
 * that was wanted. `observed`: the generation that is observed of the instance.
 */
export function judgeTask(
  { id, type, status, error, targetGeneration, resource }: Task,
  { observed, isGone }: { readonly observed: number; readonly isGone: boolean },
): readonly string[] {
  const said = `${type} ${id} of ${resource.name} is ${status}`;
  const offences: string[] = [];
  if ((status === 'failed') !== (error !== null)) offences.push(`${said} with the error ${error?.code ?? 'none'}`);
  if (status !== 'success') return offences;
  if (isGone || (type !== 'vm.delete' && observed >= targetGeneration)) return offences;
  return [...offences, `${said}, its target is generation ${targetGeneration}, observed is ${observed}`];
}
