/**
 * One effect per instance is in flight at a time; a stop or a deletion may come over one that makes something (spec S6).
 */
import type { Action } from './decision.ts';
import type { DesiredVm } from './desired.ts';

/** What is being done now, and for which order. */
export interface EffectInFlight {
  readonly kind: Action['kind'];
  readonly run: number;
  readonly specHash: string;
}

/** True when the effect in flight should be aborted because the user no longer wants its result. */
export function decidePreemption(effect: EffectInFlight, desired: DesiredVm): boolean {
  if (effect.kind !== 'start' && effect.kind !== 'update' && effect.kind !== 'fetch') return false;
  if (desired.desiredPhase !== 'running') return true;
  if (effect.kind === 'update') return false;
  // What is no longer wanted (a wrong image URL that hangs, since corrected) gives way to the right one.
  if (desired.specHash !== effect.specHash) return true;
  return effect.kind === 'start' && desired.run > effect.run;
}
