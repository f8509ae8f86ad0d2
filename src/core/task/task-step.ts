/**
 * Where an unfinished task stands, read from the same evidence as the phase: computed at each read like it, so that no
 * row is written for progress. What a finished task last said is stored with it.
 */
import { driftText } from '../convergence/drift-text.ts';
import { nextRunOf } from '../convergence/next-run.ts';
import type { VmReading } from '../convergence/reading.ts';
import { currentObservation } from '../convergence/vm-view.ts';
import { waitingFor } from '../convergence/waiting.ts';
import { liveIncarnation, type Phase } from '../instance/phase.ts';
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
    case 'vm.reboot':
      return restartSteps;
    case 'vm.resize':
    case 'vm.update':
      return keepsProcess(task, reading) ? changeSteps : restartSteps;
    case 'vm.delete':
      return deleteSteps;
    default:
      return stopSteps;
  }
}

/** Nothing runs that the change could restart, or what runs was started before it and is to go on. */
function keepsProcess({ targetGeneration, targetRun }: Task, { view }: VmReading): boolean {
  if (view.record.desiredPhase === 'stopped') return true;
  const live = liveIncarnation(currentObservation(view)?.instance ?? null);
  return live !== null && live.run >= targetRun && live.startedGeneration < targetGeneration;
}

const doing: Partial<Readonly<Record<Phase, string>>> = {
  pending: 'Waiting for a node',
  running: 'Waiting for the node to report the change as real',
};

/** The task with its present step and progress (0–100, never 100 before it is finished). */
export function withStep(task: Task, reading: VmReading | null): Task {
  if (isFinished(task.status) || reading === null) return task;
  const steps = stepsOf(task, reading);
  const index = Math.min(stepIndex(task, reading), steps.length - 1);
  const waiting = reading.waiting ?? nextRunOf(reading.view)?.waiting ?? null;
  const step: TaskStep = {
    name: steps[index] ?? task.type,
    index,
    count: steps.length,
    message:
      waiting?.message ??
      reading.reason?.message ??
      heldBy(reading) ??
      doing[reading.phase] ??
      `The VM is ${reading.phase}`,
    deadline: waiting === null ? null : waiting.deadline,
  };
  return { ...task, step, progress: Math.floor((100 * index) / steps.length) };
}

/** What keeps the process from the end that the task waits for, until a person acts. */
function heldBy({ drift }: VmReading): string | null {
  const lost = drift.find(({ field, because }) => field === 'disk_files' && because === 'disk_file_lost');
  return lost === undefined ? null : driftText(lost);
}

function stepIndex(task: Task, reading: VmReading): number {
  if (task.status === 'pending' || nextRunOf(reading.view) !== null) return 0;
  switch (reading.phase) {
    case 'pending':
      return 0;
    case 'creating':
    case 'starting': {
      if (task.type !== 'vm.create' && task.type !== 'vm.start') return 2;
      return waitingFor(reading.view, reading.phase).for === 'hypervisor_monitor' ? 2 : 1;
    }
    case 'running':
      return isOfTargetRun(task, reading) ? 2 : 1;
    default:
      return 1;
  }
}

/** What runs is what was asked for, not what is still to be stopped for it. */
function isOfTargetRun({ targetRun }: Task, { view }: VmReading): boolean {
  return (liveIncarnation(currentObservation(view)?.instance ?? null)?.run ?? 0) >= targetRun;
}
