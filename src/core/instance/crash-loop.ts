/**
 * A guest that ends again and again. The first restart is at once (ADR 9), so one end is no loop; ten healthy minutes end it. Its
 * ends and restarts are told until it is one, then counted: in the history, and in `restart.attempt`.
 */
import { exhaustive } from '../kit/exhaustive.ts';
import type { EndOfIncarnation, RecordChange } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import { type FailureReason, sameStory } from './failure-reason.ts';
import { isStartedFromAnother } from './incarnation.ts';
import type { InstanceRecord } from './record.ts';

export const isCrashLoop = ({ attempt }: { readonly attempt: number }): boolean => attempt > 1;

/** This failure is told of already, and so is that it comes again and again. */
export const isToldOfLoop = ({ restart, history }: InstanceRecord, reason: FailureReason): boolean =>
  isCrashLoop(restart) && sameStory(history, reason) !== undefined;

/** This end makes a loop of the one before: the last that is told. */
export const beginsLoop = ({ restart, history }: InstanceRecord, end: EndOfIncarnation): boolean =>
  restart.attempt === 1 && end.kind === 'failed' && sameStory(history, end.reason) !== undefined;

/** The next try of a loop, of what was tried before. */
export const isRestartOfLoop = ({ restart, incarnation }: InstanceRecord, desired: DesiredVm): boolean =>
  isCrashLoop(restart) && incarnation !== null && !isStartedFromAnother(desired, incarnation);

/** The guest of a loop ended once more, as it did before. */
export function isEndOfLoop(
  record: InstanceRecord,
  { spec }: DesiredVm,
  change: Extract<RecordChange, { readonly kind: 'ended' | 'guest_stopped' }>,
): boolean {
  const isPowerOffOfLoop = isCrashLoop(record.restart) && spec.restartPolicy === 'always';
  switch (change.kind) {
    case 'guest_stopped':
      if (change.how === 'power_off') return isPowerOffOfLoop;
      return isCrashLoop(record.restart) && record.history.some(({ code }) => code === 'guest_panicked');
    case 'ended':
      if (change.end.kind === 'failed') return isToldOfLoop(record, change.end.reason);
      return isPowerOffOfLoop && change.end.cause.kind === 'guest_power_off';
    default:
      return exhaustive(change);
  }
}
