/**
 * F2: the process is alive and its monitor says nothing. `on_unresponsive` decides what is done about it, and not before
 * some minutes have passed.
 */
import type { TimeMs } from '../kit/brand.ts';
import type { LiveSituation } from './classify.ts';
import { condemn } from './decide-stop.ts';
import { act, type Decision, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceRecord } from './record.ts';

/** A monitor that was silent this long is worth a condition and an event … */
export const silentConditionAfterMs = 10_000;
/** … and after this long `on_unresponsive` decides. */
const unresponsiveAfterMs = 300_000;

export function decideSilent(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  now: TimeMs,
): Decision {
  const since = record.silentSince ?? now;
  // Nothing is known of the time in which nobody looked: the monitor may have answered all along (F2).
  const due = Math.max(since, situation.silentSeenSince ?? now) + unresponsiveAfterMs;
  if (now >= due && desired.spec.onUnresponsive === 'restart') {
    return act(condemn(desired, situation, 'unresponsive', now), 'unresponsive');
  }
  const next = now < since + silentConditionAfterMs ? since + silentConditionAfterMs : now < due ? due : null;
  return nothing('monitor_silent', next);
}
