/**
 * How alive a node is, by the age of its lease (spec §9). Only messages renew it; no clocks of two machines are
 * compared.
 *
 *   ready ──30 s──► stale ──90 s──► unreachable ──6.5 min──► lost        any message ──► ready
 *
 * `removed` is an operator's statement, never a conclusion.
 */
import type { TimeMs } from '../kit/brand.ts';

export type NodeHealth = 'ready' | 'stale' | 'unreachable' | 'lost' | 'removed';

export interface NodeTimes {
  /** The lease: silent for longer, and what is known of the node's instances is `stale`. */
  readonly staleAfterMs: number;
  readonly unreachableAfterMs: number;
  readonly lostAfterMs: number;
}

/** Spec §9: lease 30 s, unreachable at 90 s, lost at 6.5 min. */
export const nodeTimes: NodeTimes = { staleAfterMs: 30_000, unreachableAfterMs: 90_000, lostAfterMs: 390_000 };

/**
 * Health of a node last heard of at `heardAt`, and when it will read differently if nothing is heard. Both clocks are
 * one's own.
 */
export function nodeHealthAt(
  heardAt: TimeMs,
  now: TimeMs,
  times: NodeTimes,
): { readonly health: NodeHealth; readonly changesAt: TimeMs | null } {
  const silentMs = now - heardAt;
  if (silentMs < times.staleAfterMs) return { health: 'ready', changesAt: heardAt + times.staleAfterMs };
  if (silentMs < times.unreachableAfterMs) return { health: 'stale', changesAt: heardAt + times.unreachableAfterMs };
  if (silentMs < times.lostAfterMs) return { health: 'unreachable', changesAt: heardAt + times.lostAfterMs };
  return { health: 'lost', changesAt: null };
}
