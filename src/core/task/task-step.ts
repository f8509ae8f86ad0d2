/**
 * Where an unfinished task stands, read from the same evidence as the phase, and computed at each read like it. What a finished
 * task last said is stored with it. A step may come again (a start that failed is prepared anew); the progress of a task only
 * grows, so the row says how far it has come.
 */

import { driftText } from '../convergence/drift-text.ts';
import { nextRunOf } from '../convergence/next-run.ts';
import type { VmReading } from '../convergence/reading.ts';
import { currentObservation } from '../convergence/vm-view.ts';
import { waitingFor } from '../convergence/waiting.ts';
import { failureKinds } from '../instance/failure-reason.ts';
import { liveIncarnation, type Phase, phaseWords, standingFailureOf } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { ObservedIncarnation } from '../node/observation.ts';
import { isFinished, type Task, type TaskStep } from './task.ts';

const startSteps = ['place', 'prepare', 'boot'] as const;
const restartSteps = ['accept', 'stop', 'boot'] as const;
const changeSteps = ['accept', 'change'] as const;
const stopSteps = ['accept', 'wait_power_off'] as const;
const deleteSteps = ['accept', 'remove'] as const;

function stepsOf(task: Task, reading: VmReading): readonly string[] {
  switch (task.type) {
    case 'vm.create':
    case 'vm.start':
      return startSteps;
    case 'vm.resize':
    case 'vm.update':
      if (keepsProcess(task, reading)) return changeSteps;
      return isOnlyStart(reading) ? startSteps : restartSteps;
    case 'vm.reboot':
      return isOnlyStart(reading) ? startSteps : restartSteps;
    case 'vm.delete':
      return deleteSteps;
    case 'vm.stop':
    case 'vm.poweroff':
      return stopSteps;
    default:
      return exhaustive(task.type);
  }
}

/** Nothing runs that the change could restart, or what runs was started before it and is to go on. */
function keepsProcess({ targetGeneration, targetRun }: Task, { view }: VmReading): boolean {
  if (view.record.desiredPhase === 'stopped') return true;
  const live = liveIncarnation(currentObservation(view)?.instance ?? null);
  return live !== null && live.run >= targetRun && live.startedGeneration < targetGeneration;
}

/** Nothing has to be stopped first: nothing ever ran, or it has ended and what comes next is still being fetched. */
function isOnlyStart({ view, waiting }: VmReading): boolean {
  const observed = currentObservation(view)?.instance ?? null;
  if (observed === null || !observed.everRan) return observed !== null;
  const live = liveIncarnation(observed);
  return (live === null || live.state === 'creating') && waiting?.for === 'image_download';
}

const doing: Partial<Readonly<Record<Phase, string>>> = {
  pending: 'Waiting for a node',
  running: 'Waiting for the node to report the change as real',
};

/** How far a running task has ever come, as this reading shows it: 0–100, never 100 before it is finished. */
export function progressOf(task: Task, reading: VmReading): number {
  const steps = stepsOf(task, reading);
  const index = Math.min(stepIndex(task, reading), steps.length - 1);
  return Math.max(task.progress, Math.floor((100 * index) / steps.length));
}

/** The task with its present step, and how far it has come with that: the row may not say so yet. */
export function withStep(task: Task, reading: VmReading | null, now: TimeMs): Task {
  if (isFinished(task.status) || reading === null) return task;
  const steps = stepsOf(task, reading);
  const index = Math.min(stepIndex(task, reading), steps.length - 1);
  const name = steps[index] ?? task.type;
  const step: TaskStep = { name, index, count: steps.length, ...(graceOf(reading, now) ?? doingOf(task, reading)) };
  return { ...task, step, progress: progressOf(task, reading) };
}

type Doing = Pick<TaskStep, 'message' | 'deadline'>;

function doingOf(task: Task, reading: VmReading): Doing {
  const waiting = reading.waiting ?? nextRunOf(reading.view)?.waiting ?? null;
  if (waiting !== null) return { message: waiting.message, deadline: waiting.deadline };
  const { phase, reason } = reading;
  const failed = reason?.code === 'stop_timeout' ? failureKinds.stop_timeout.sentence : reason?.message;
  const held = heldBy(reading);
  const unheard = held === null ? notTakenUp(task, reading) : null;
  const message = unheard ?? failed ?? held ?? changing(reading) ?? doing[phase] ?? `The VM is ${phaseWords(phase)}`;
  return { message, deadline: null };
}

/** The node has not heard of the order, or is about to leave a stop that failed: what the VM reads as is of an older one. */
function notTakenUp({ targetGeneration }: Task, { view, phase }: VmReading): string | null {
  const observed = currentObservation(view)?.instance ?? null;
  if (phase === 'pending') return null;
  if (observed === null) return waitingFor(view, phase).message;
  const failure = standingFailureOf(view, observed);
  const leaves = failure?.reason.code === 'stop_timeout' && failure.generation < targetGeneration;
  return observed.seenGeneration < targetGeneration || leaves ? waitingFor(view, phase).message : null;
}

/** A guest that was asked to power off: how much of its grace time is over. */
function graceOf({ waiting, view }: VmReading, now: TimeMs): Doing | null {
  const killAt = liveIncarnation(currentObservation(view)?.instance ?? null)?.stopping?.killAt;
  if (waiting?.for !== 'guest_shutdown' || killAt === undefined) return null;
  const grace = Math.round((killAt - waiting.since) / 1_000);
  const over = Math.min(grace, Math.max(0, Math.floor((now - waiting.since) / 1_000)));
  return { message: `Waiting for the guest to power off (${over} s of ${grace} s)`, deadline: killAt };
}

/** What differs yet of a change that is being made; that the node has not said so yet is no difference of its own. */
function changing({ drift }: VmReading): string | null {
  const first = drift.find(({ cause, field }) => cause === 'change_propagating' && field !== 'generation');
  return first === undefined ? null : driftText(first);
}

/** What keeps the process from the end that the task waits for, until a person acts. */
function heldBy({ drift }: VmReading): string | null {
  const lost = drift.find(({ field, because }) => field === 'disk_files' && because === 'disk_file_lost');
  return lost === undefined ? null : driftText(lost);
}

function stepIndex(task: Task, reading: VmReading): number {
  const observed = currentObservation(reading.view)?.instance ?? null;
  if (observed === null || observed.seenGeneration < task.targetGeneration) return 0;
  const live = liveIncarnation(observed);
  if (stepsOf(task, reading) !== startSteps) return restartIndex(task, live);
  switch (reading.phase) {
    case 'creating':
    case 'starting':
      return waitingFor(reading.view, reading.phase).for === 'hypervisor_monitor' ? 2 : 1;
    case 'running':
    case 'paused':
      return live !== null && live.run >= task.targetRun ? 2 : 1;
    default:
      return 1;
  }
}

/** What lives goes on until the run after it can begin, however long that is prepared; then it is asked to end. */
function restartIndex({ targetRun }: Task, live: ObservedIncarnation | null): number {
  if (live === null || live.run >= targetRun) return 2;
  return live.state === 'stopping' || live.state === 'stopped' ? 1 : 0;
}
