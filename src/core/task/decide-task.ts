/**
 * What becomes of a task, seen from what it waits for (spec §4). A task succeeds when its instance is in sync at or
 * beyond the target, fails at its deadline or on a failure whose retry is not `later`, and never reopens.
 */

import { nextRunOf } from '../convergence/next-run.ts';
import { nextTryAt } from '../convergence/next-start.ts';
import type { VmReading } from '../convergence/reading.ts';
import { currentObservation } from '../convergence/vm-view.ts';
import { failureKinds, nextActionOf } from '../instance/failure-reason.ts';
import { failureOf, failureOfOrder, phaseWords } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { ObservedInstance } from '../node/observation.ts';
import { isFinished, type Task, type TaskError, type TaskResult, type TaskType } from './task.ts';
import { progressOf } from './task-step.ts';
import { taskVerb } from './task-words.ts';

export type TaskDecision =
  | { readonly kind: 'none' }
  /** The node has the order: `pending` becomes `running`. */
  | { readonly kind: 'begin'; readonly progress: number }
  /** It has come further than it ever had. */
  | { readonly kind: 'progress'; readonly progress: number }
  | { readonly kind: 'success'; readonly result: TaskResult | null }
  | { readonly kind: 'fail'; readonly error: TaskError; readonly progress: number }
  /** The instance is gone: what was to be made true of it cannot be any more. */
  | { readonly kind: 'supersede' };

/** `reading: null` = the store knows the instance no more, not even as gone. */
export function decideTask(task: Task, reading: VmReading | null, now: TimeMs): TaskDecision {
  if (isFinished(task.status)) return { kind: 'none' };
  if (reading === null || reading.view.removedAt !== null) {
    return task.type === 'vm.delete' ? { kind: 'success', result: null } : { kind: 'supersede' };
  }
  if (task.type !== 'vm.delete') {
    if (isReached(task, reading)) return { kind: 'success', result: resultOf(task, reading) };
    const failure = failureOfTask(task, reading);
    if (failure !== null) return failed(task, reading, failure);
  }
  if (now >= task.deadline) return failed(task, reading, deadlineError(task, reading));
  return furtherThan(task, reading);
}

function resultOf({ type }: Task, reading: VmReading): TaskResult | null {
  const end = observedOf(reading)?.incarnation?.endCause ?? null;
  if ((type !== 'vm.stop' && type !== 'vm.poweroff') || end?.kind !== 'stopped') return null;
  return { ended: end.graceOver ? 'killed_after_grace' : end.forced ? 'killed' : 'shut_down' };
}

const failed = (task: Task, reading: VmReading, error: TaskError): TaskDecision => ({
  ...{ kind: 'fail', error },
  progress: progressOf(task, reading),
});

function furtherThan(task: Task, reading: VmReading): TaskDecision {
  if (task.status === 'pending' && !hasBegun(task, reading)) return { kind: 'none' };
  const progress = progressOf(task, reading);
  if (task.status === 'pending') return { kind: 'begin', progress };
  return progress > task.progress ? { kind: 'progress', progress } : { kind: 'none' };
}

function observedOf(reading: VmReading): ObservedInstance | null {
  return currentObservation(reading.view)?.instance ?? null;
}

/** In sync at or beyond the target. An update or resize that was deferred is done once only its restart is awaited. */
function isReached(task: Task, reading: VmReading): boolean {
  const observed = observedOf(reading);
  if (observed === null || observed.observedGeneration < task.targetGeneration) return false;
  if (reading.inSync) return true;
  const mayDefer = task.type === 'vm.update' || task.type === 'vm.resize';
  const current = observed.observedGeneration >= reading.view.record.generation && !reading.stale;
  return mayDefer && current && reading.drift.every(({ cause }) => cause === 'awaiting_restart');
}

/**
 * A failure counts when it is about the target or newer and will not be tried again by itself; an older one too, where the node
 * holds the target and tries nothing for it.
 */
function failureOfTask(task: Task, reading: VmReading): TaskError | null {
  const observed = observedOf(reading);
  const failure = observed === null ? null : failureOf(observed);
  if (observed === null || failure === null) return null;
  if (failure.generation < task.targetGeneration && !isLeftAsItIs(reading.view, observed)) return null;
  const { reason } = failure;
  if (failureKinds[reason.code].retry === 'later') return null;
  const subject = `Cannot ${taskVerb(task.type)} VM "${task.resource.name}"`;
  const message = reason.message.startsWith(subject) ? reason.message : `${subject}: ${lowerFirst(reason.message)}`;
  const nextAction = nextActionOf(reason, task.resource.name);
  return { code: reason.code, message, details: { ...reason.details, next_action: nextAction } };
}

const isLeftAsItIs = (view: VmReading['view'], observed: ObservedInstance): boolean =>
  failureOfOrder(view, observed) !== null && nextTryAt(view, observed) === null;

function deadlineError(task: Task, reading: VmReading): TaskError {
  const { name } = task.resource;
  const waiting = reading.waiting ?? nextRunOf(reading.view)?.waiting ?? null;
  const why = reading.reason?.message ?? waiting?.message ?? `the VM is ${phaseWords(reading.phase)}`;
  return {
    code: 'operation_deadline_exceeded',
    message: `Cannot ${taskVerb(task.type)} VM "${name}" in time: ${lowerFirst(why)}`,
    details: {
      phase: reading.phase,
      next_action: `See what it waits for with 'holdfast explain ${name}'; it is tried on`,
    },
  };
}

function hasBegun(task: Task, reading: VmReading): boolean {
  return (observedOf(reading)?.seenGeneration ?? 0) >= task.targetGeneration;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

const restarting: readonly TaskType[] = ['vm.start', 'vm.reboot', 'vm.resize'];

/**
 * Whether a new task makes an unfinished older one of the same instance pointless (spec §4). Label patches never do.
 */
export function supersedes(newType: TaskType, oldType: TaskType): boolean {
  switch (newType) {
    case 'vm.delete':
      return true;
    case 'vm.stop':
    case 'vm.poweroff':
      return restarting.includes(oldType);
    case 'vm.start':
      return oldType === 'vm.stop' || oldType === 'vm.poweroff';
    case 'vm.create':
    case 'vm.reboot':
    case 'vm.resize':
    case 'vm.update':
      return false;
    default:
      return exhaustive(newType);
  }
}

/** The task after a decision; the same object when nothing changes. */
export function applyTaskDecision(task: Task, decision: TaskDecision, now: TimeMs): Task {
  switch (decision.kind) {
    case 'none':
      return task;
    case 'begin':
      return { ...task, status: 'running', progress: decision.progress, startedAt: now };
    case 'progress':
      return { ...task, progress: decision.progress };
    case 'success':
      return finish(task, { status: 'success', progress: 100, error: null, result: decision.result }, now);
    case 'fail':
      return finish(task, { status: 'failed', error: decision.error, progress: decision.progress }, now);
    case 'supersede':
      return finish(task, { status: 'superseded' }, now);
    default:
      return exhaustive(decision);
  }
}

/** The task that a newer one takes the place of. */
export function supersedeTask(task: Task, by: string, now: TimeMs): Task {
  return finish(task, { status: 'superseded', supersededBy: by }, now);
}

export function cancelTask(task: Task, now: TimeMs): Task {
  return finish(task, { status: 'cancelled' }, now);
}

function finish(task: Task, end: Partial<Task>, now: TimeMs): Task {
  return { ...task, ...end, startedAt: task.startedAt ?? now, finishedAt: now };
}
