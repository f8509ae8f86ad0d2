import { longLimitMs, stopLimitMs } from '../instance/phase-limits.ts';
import type { VmSpec } from '../instance/spec.ts';
import type { TaskType } from './task.ts';

/** The verb of a task in a sentence: `Cannot stop VM "db"`. */
export function taskVerb(type: TaskType): string {
  return type === 'vm.poweroff' ? 'power off' : type.slice('vm.'.length);
}

/** The grace time that the long deadlines already allow for. */
const usualGraceMs = 60_000;

/**
 * How long a task may take, in milliseconds (spec F1). A stop has its grace time and 30 s; all others 10 min, and more
 * where the guest may take longer than usual to power off for it.
 */
export function taskTimeMs(type: TaskType, spec: VmSpec): number {
  const graceMs = spec.stop.graceSeconds * 1000;
  if (type === 'vm.stop') return graceMs + stopLimitMs;
  if (type === 'vm.poweroff') return stopLimitMs * 2;
  return longLimitMs + Math.max(0, graceMs - usualGraceMs);
}
