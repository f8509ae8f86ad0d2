/**
 * Whether a planned change is accepted, and what happens to the running guest (spec §2 "Cost of a change").
 *
 *   refused field                                    → refuse validation_failed
 *   content of a disk lost, without allow_replace    → refuse would_destroy_data, naming each disk
 *   restart of a running instance, on_restart refuse → refuse restart_required, with the plan
 *   restart of a running instance, restart           → accept, `run` + 1
 *   restart of a running instance, defer             → accept, drift `awaiting_restart` until the next start
 *   the same, while a restart asked for is to come   → accept: that is the next start, whatever is answered now
 *
 * A loss allowed is no restart allowed: whoever gives up a disk has not said that the guest may be stopped for it now.
 */
import type { PlannedChange } from './planned-change.ts';

export type OnRestart = 'refuse' | 'restart' | 'defer';

export type ApplyMode =
  | {
      readonly kind: 'accept';
      /** The desired state gets `run` + 1: the incarnation is stopped and a new one started. */
      readonly bumpRun: boolean;
      /** Something waits for the next start. */
      readonly defer: boolean;
      /** It comes with a restart that was asked for before. */
      readonly joinsRestart: boolean;
    }
  | {
      readonly kind: 'refuse';
      readonly code: 'restart_required';
      /** The changes that need the restart. */
      readonly changes: readonly PlannedChange[];
      /** One was asked for before, and comes whatever is answered now. */
      readonly restartAsked: boolean;
    }
  | {
      readonly kind: 'refuse';
      readonly code: 'would_destroy_data';
      readonly changes: readonly PlannedChange[];
      /** Names of the disks whose content would be lost: `root` and data disks. */
      readonly disks: readonly string[];
      /** It also needs a restart of the running instance, which was not allowed either. */
      readonly needsRestart: boolean;
      /** One was asked for before, and comes whatever is answered now. */
      readonly restartAsked: boolean;
    }
  | {
      readonly kind: 'refuse';
      readonly code: 'validation_failed';
      /** The changes that are never possible. */
      readonly changes: readonly PlannedChange[];
    };

export interface ApplyConsent {
  /** Desired running, with a live incarnation. */
  readonly running: boolean;
  /** A newer run than the live incarnation's was asked for, and comes in any case. */
  readonly restartAsked: boolean;
  readonly onRestart: OnRestart;
  readonly allowReplace: boolean;
}

export function decideApplyMode(
  changes: readonly PlannedChange[],
  { running, restartAsked, onRestart, allowReplace }: ApplyConsent,
): ApplyMode {
  const refused = changes.filter(({ cost }) => cost === 'refused');
  if (refused.length > 0) return { kind: 'refuse', code: 'validation_failed', changes: refused };

  const waiting = changes.filter(({ cost }) => cost === 'restart' || cost === 'replace');
  const restarts = running && waiting.length > 0;
  const destroying = changes.filter(({ destroys }) => destroys.length > 0);
  if (destroying.length > 0 && !allowReplace) {
    const disks = [...new Set(destroying.flatMap(({ destroys }) => destroys))];
    const needsRestart = restarts && onRestart === 'refuse';
    return { kind: 'refuse', code: 'would_destroy_data', changes: destroying, disks, needsRestart, restartAsked };
  }

  const joinsRestart = running && restartAsked && changes.some(({ cost }) => cost !== 'none');
  if (!restarts) return { kind: 'accept', bumpRun: false, defer: false, joinsRestart };
  if (onRestart === 'defer') return { kind: 'accept', bumpRun: false, defer: !joinsRestart, joinsRestart };
  if (onRestart === 'restart') return { kind: 'accept', bumpRun: true, defer: false, joinsRestart: false };
  return { kind: 'refuse', code: 'restart_required', changes: waiting, restartAsked };
}
