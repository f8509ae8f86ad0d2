/** What every part of one agent's life shares. Made once by `createAgent`; nothing of it outlives the object. */
import type { DesiredVm } from '../core/instance/desired.ts';
import type { RuntimeKind } from '../core/instance/spec.ts';
import type { TimeMs, Uid } from '../core/kit/brand.ts';
import type { AssignmentRevision } from '../core/node/assignment.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { AgentConfig, AgentDeps } from './agent-config.ts';
import type { Events } from './events.ts';
import type { Journal } from './journal/journal.ts';
import type { Limiter } from './limiter.ts';
import type { Slot } from './slot.ts';
import type { WakeQueue } from './wake-queue.ts';

export interface AgentContext {
  readonly deps: AgentDeps;
  readonly config: AgentConfig;
  readonly journal: Journal;
  readonly events: Events;
  readonly slots: Map<Uid, Slot>;
  /** Instances being prepared, and processes being started: the named limits of starts in flight. */
  readonly preparing: Limiter;
  readonly starts: Limiter;
  /** When a start last left its place: progress for all that wait for one (spec F1). */
  startsMovedAt: TimeMs;
  /** The cluster this node belongs to for life; null before the first connection ever. */
  clusterId: string | null;
  /** Foreign clusters that were refused, each told once. */
  readonly refused: Set<string>;
  /** The newest assignment held, journaled. */
  at: AssignmentRevision | null;
  /**
   * The instances of the assignment that this life took over last: what stands there as the same object says nothing new, so
   * that one change among ten thousand costs no look at the others.
   */
  taken: readonly DesiredVm[];
  /** Those of it that could not be read. */
  unreadable: readonly Uid[];
  /** An earlier life could not read an order of the assignment that is held: this version may, so the whole is asked for again. */
  rereads: boolean;
  /** False until the runtimes were scanned: before that nothing is judged and nothing is done (spec F4). */
  scanned: boolean;
  /** The observation of this instance may have changed. */
  readonly changed: (slot: Slot) => void;
  /** Something happened to this instance: look soon. */
  readonly wake: (slot: Slot) => void;
  /** What is on this host should be found out again. */
  readonly rescan: () => void;
  readonly wakes: WakeQueue;
  /** Called after each assignment that was taken over. */
  readonly arrivals: Set<() => void>;
}

/** The runtime of a kind on this node. */
export function runtimeOf(ctx: AgentContext, kind: RuntimeKind): Runtime | null {
  return ctx.deps.runtimes[kind] ?? null;
}

/** Every runtime of this node, each once. */
export function allRuntimes(ctx: AgentContext): readonly Runtime[] {
  return [...new Set(Object.values(ctx.deps.runtimes))];
}
