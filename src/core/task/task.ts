/**
 * A task: the user-visible record of an asynchronous operation (spec §4). It never drives anything: desired state was
 * changed when it was made, and it only watches the instance until its target is true, failed or superseded.
 *
 *   pending ──► running ──► success | failed | cancelled | superseded        (a finished task never reopens)
 */
import type { TimeMs, Uid } from '../kit/brand.ts';
import type { JsonObject } from '../kit/json.ts';

export type TaskType =
  | 'vm.create'
  | 'vm.delete'
  | 'vm.start'
  | 'vm.stop'
  | 'vm.poweroff'
  | 'vm.reboot'
  | 'vm.resize'
  | 'vm.update';

export type TaskStatus = 'pending' | 'running' | 'success' | 'failed' | 'cancelled' | 'superseded';

export interface TaskStep {
  readonly name: string;
  readonly index: number;
  readonly count: number;
  readonly message: string;
  readonly deadline: TimeMs | null;
}

export interface TaskError {
  readonly code: string;
  readonly message: string;
  readonly details: JsonObject;
}

/** What a stop that succeeded came to: a guest that was killed did not shut down. */
export interface TaskResult {
  readonly ended: 'shut_down' | 'killed' | 'killed_after_grace';
}

export interface Task {
  readonly id: string;
  readonly type: TaskType;
  readonly status: TaskStatus;
  /** 0–100. */
  readonly progress: number;
  readonly step: TaskStep | null;
  readonly resource: { readonly kind: 'VirtualMachine'; readonly name: string; readonly uid: Uid };
  readonly targetGeneration: number;
  readonly targetRun: number;
  readonly requestedBy: string;
  readonly idempotencyKey: string | null;
  readonly error: TaskError | null;
  /** Absent in a row of an older version. */
  readonly result?: TaskResult | null;
  readonly attempts: number;
  readonly supersededBy: string | null;
  readonly createdAt: TimeMs;
  readonly startedAt: TimeMs | null;
  readonly finishedAt: TimeMs | null;
  readonly deadline: TimeMs;
}

/** A finished task never changes again. */
export function isFinished(status: TaskStatus): boolean {
  return status === 'success' || status === 'failed' || status === 'cancelled' || status === 'superseded';
}
