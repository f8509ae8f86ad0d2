/**
 * An incarnation: one run of an instance on one node, one process.
 *
 *   creating ──► starting ──► running ◄──► paused
 *      │            │            │  ▲         │
 *      │            │            ▼  └─────────┤        (S26: a stop that failed takes the condemned mark away)
 *      │            │         stopping ◄──────┘
 *      │            │            │
 *      ▼            ▼            ▼
 *   unwound      failed(reason) / destroyed(cause)      stopped = the guest ended itself, the process waits to be read
 *
 * Data of one state lives only in that member. `failed` and `destroyed` need proof of death and are final (spec §2);
 * `stopping` is the condemned state: journaled before the signal is sent, its end is the user's stop.
 */
import type { IncarnationId, TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { FailureReason } from './failure-reason.ts';
import type { ProcessProof } from './process.ts';
import type { VmSpec } from './spec.ts';

/** Why an incarnation was condemned. */
export type StopBecause = 'user_stop' | 'run_superseded' | 'deleted' | 'unresponsive' | 'unwanted' | 'unhealthy';

/** Why an incarnation is no more. */
export type EndCause =
  /** `forced`: the process was ended; `graceOver`: because the guest had not powered off when its grace time was over. */
  | { readonly kind: 'stopped'; readonly because: StopBecause; readonly forced: boolean; readonly graceOver: boolean }
  | { readonly kind: 'guest_power_off' }
  | { readonly kind: 'host_reboot' }
  | { readonly kind: 'removed' };

export type IncarnationState =
  /** Files are being made; no process yet. */
  | { readonly kind: 'creating' }
  /** A process is being started; `process` once its proof is journaled. It is frozen: no guest code runs. */
  | { readonly kind: 'starting'; readonly process: ProcessProof | null }
  | { readonly kind: 'running'; readonly process: ProcessProof; readonly startedAt: TimeMs }
  | { readonly kind: 'paused'; readonly process: ProcessProof; readonly startedAt: TimeMs }
  /** Condemned. `killAt`: when grace ends. `askedAt`: when the power button was last pressed. */
  | {
      readonly kind: 'stopping';
      readonly process: ProcessProof;
      readonly startedAt: TimeMs | null;
      readonly mode: 'graceful' | 'forced';
      readonly because: StopBecause;
      readonly killAt: TimeMs;
      readonly askedAt: TimeMs | null;
      /** It had not powered off when its grace time was over: its process is being killed. */
      readonly graceOver: boolean;
      /** What it was condemned for where that is a failure; its end then is that failure. */
      readonly failure: FailureReason | null;
    }
  /** The guest ended itself; the process is still there with the cause readable. */
  | {
      readonly kind: 'stopped';
      readonly process: ProcessProof;
      readonly startedAt: TimeMs | null;
      readonly how: 'power_off' | 'panic';
    }
  | { readonly kind: 'rebooting'; readonly process: ProcessProof; readonly startedAt: TimeMs }
  | { readonly kind: 'migrating'; readonly process: ProcessProof; readonly startedAt: TimeMs }
  | { readonly kind: 'failed'; readonly reason: FailureReason }
  | { readonly kind: 'destroyed'; readonly cause: EndCause }
  /** Given up before a process existed. */
  | { readonly kind: 'unwound' };

export type IncarnationStateKind = IncarnationState['kind'];

export interface Incarnation {
  readonly id: IncarnationId;
  /** The `run` it realises. */
  readonly run: number;
  readonly state: IncarnationState;
  /** Counts state transitions; a report with an older one is ignored (S31). */
  readonly stateGeneration: number;
  readonly stateSince: TimeMs;
  /** What the process was started from: with what is proven since, the truth behind `running_hash`, never copied from desired. */
  readonly started: { readonly spec: VmSpec; readonly specHash: string; readonly generation: number };
}

/** S28: the same state → unchanged; another → `stateGeneration` + 1 and a new time. */
export function transition(incarnation: Incarnation, state: IncarnationState, now: TimeMs): Incarnation {
  if (sameState(incarnation.state, state)) return incarnation;
  return { ...incarnation, state, stateGeneration: incarnation.stateGeneration + 1, stateSince: now };
}

function sameState(a: IncarnationState, b: IncarnationState): boolean {
  return a.kind === b.kind && JSON.stringify(a) === JSON.stringify(b);
}

/** S29: a terminal incarnation never changes again. */
export function isTerminal(state: IncarnationState): boolean {
  return state.kind === 'destroyed' || state.kind === 'failed';
}

/** S29: safe to forget: nothing of it executes and nothing will. */
export function isDestroyable(state: IncarnationState): boolean {
  return state.kind === 'destroyed' || state.kind === 'failed' || state.kind === 'unwound';
}

/** S29: a process exists (or may exist) on the node. */
export function existsOnNode(state: IncarnationState): boolean {
  return state.kind !== 'creating' && state.kind !== 'unwound' && state.kind !== 'destroyed';
}

/** Live: not yet proven over. Creating counts, since it will be a process unless it is unwound. */
export function isLive(state: IncarnationState): boolean {
  return !isDestroyable(state);
}

/** The journaled proof, where the state has one. */
export function proofOf(state: IncarnationState): ProcessProof | null {
  switch (state.kind) {
    case 'starting':
    case 'running':
    case 'paused':
    case 'stopping':
    case 'stopped':
    case 'rebooting':
    case 'migrating':
      return state.process;
    case 'creating':
    case 'failed':
    case 'destroyed':
    case 'unwound':
      return null;
    default:
      return exhaustive(state);
  }
}

/** Whether it was started from another specification than is wanted now. */
export const isStartedFromAnother = ({ specHash }: { readonly specHash: string }, { started }: Incarnation): boolean =>
  started.specHash !== specHash;

/** When the guest was let go; null before that and after its end. */
export function startedAtOf(state: IncarnationState): TimeMs | null {
  switch (state.kind) {
    case 'running':
    case 'paused':
    case 'stopping':
    case 'stopped':
    case 'rebooting':
    case 'migrating':
      return state.startedAt;
    case 'creating':
    case 'starting':
    case 'failed':
    case 'destroyed':
    case 'unwound':
      return null;
    default:
      return exhaustive(state);
  }
}
