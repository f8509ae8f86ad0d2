import { exhaustive } from '../kit/exhaustive.ts';
import type { Task, TaskType } from './task.ts';

/** The verb that undoes what a task that cannot be cancelled asked for; null when nothing does (spec §4 `cancel`). */
export function undoVerb(type: TaskType): string | null {
  switch (type) {
    case 'vm.create':
      return 'delete';
    case 'vm.start':
    case 'vm.reboot':
      return 'stop';
    case 'vm.stop':
    case 'vm.poweroff':
      return 'start';
    case 'vm.resize':
    case 'vm.update':
      return 'resize';
    case 'vm.delete':
      return null;
    default:
      return exhaustive(type);
  }
}

/**
 * `create` copies an image before its first boot: until then it can be aborted back to before. All others change what
 * runs.
 */
export function isCancellable(task: Task, everRan: boolean): boolean {
  return task.type === 'vm.create' && !everRan;
}
