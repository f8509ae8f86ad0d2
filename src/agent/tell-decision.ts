import { becauseWords } from '../core/instance/because-words.ts';
import { beginsLoop, isEndOfLoop, isRestartOfLoop, isToldOfLoop } from '../core/instance/crash-loop.ts';
import { isTriedAgain } from '../core/instance/decide-start.ts';
import type { Decision } from '../core/instance/decision.ts';
import type { DesiredVm } from '../core/instance/desired.ts';
import { inPlaceChanges } from '../core/instance/in-place.ts';
import type { InstanceRecord } from '../core/instance/record.ts';
import { isToldAlready } from '../core/instance/record-outcome.ts';
import type { AgentContext } from './agent-context.ts';
import { eventOf } from './events.ts';
import { lastCorrection, type Slot, slotName } from './slot.ts';

/** The event of a decision that is about to be carried out, where it is news. */
export function tellDecision(ctx: AgentContext, slot: Slot, desired: DesiredVm, decision: Decision): void {
  if (isNextTry(slot, desired, decision) || isStillWithoutRoom(ctx, slot, decision)) return;
  const event = eventOf(slotName(slot), decision, slot.desired !== null);
  if (event === null) return;
  const isLoop = slot.record !== null && endsAgain(slot.record, decision);
  const note = isLoop ? ' again; from now on its ends like this are counted in its history, not told' : '';
  ctx.events.add(slot.uid, event.code, `${event.message}${note}`);
}

/** Deviations that nobody ordered and that the policy leaves alone: told when they come about, not at each pass. */
export function tellReported(ctx: AgentContext, slot: Slot, { because }: Decision): void {
  if (because === 'converged') slot.driftTold = null;
  const { desired, record } = slot;
  if (because !== 'drift_detect_only' || desired === null || record === null) return;
  const isPaused = record.incarnation?.state.kind === 'paused';
  const { facts, monitor } = slot.evidence;
  // That the disk of the node is full is told as that.
  const isByHand = monitor.kind !== 'answered' || monitor.state !== 'io_error';
  const fields = [
    ...(isPaused === desired.desiredPaused || !isByHand ? [] : ['desired_paused']),
    ...(facts === null ? [] : inPlaceChanges(desired.spec, facts, record.hostPorts)),
  ].join(', ');
  if (fields === '' || fields === slot.driftTold) return;
  slot.driftTold = fields;
  const text = `changed by hand: ${fields}; ${becauseWords.drift_detect_only}`;
  ctx.events.add(slot.uid, 'drift_detected', `VM "${slotName(slot)}": ${text}`);
}

/** It was let go a moment ago, and waits again for room on the disk of the node. */
const isStillWithoutRoom = ({ deps: { clock } }: AgentContext, slot: Slot, { because, action }: Decision): boolean =>
  because === 'io_error' && action.kind === 'record' && lastCorrection(slot, 'resume', clock.now()) !== null;

const endsAgain = (record: InstanceRecord, { action }: Decision): boolean =>
  action.kind === 'record' && action.change.kind === 'ended' && beginsLoop(record, action.change.end);

/** Whether this repeats what was told: a start or an end, in vain again and again, or a change in place that is under way. */
function isNextTry({ updating, record }: Slot, desired: DesiredVm, { action }: Decision): boolean {
  if (record === null) return false;
  switch (action.kind) {
    case 'start':
      return isTriedAgain(record.failure, desired) || isRestartOfLoop(record, desired);
    case 'stop':
      return action.failure !== null && isToldOfLoop(record, action.failure);
    case 'record':
      if (action.change.kind === 'fetch_failed') return isToldAlready(record, action.change.reason, desired.generation);
      return (
        (action.change.kind === 'ended' || action.change.kind === 'guest_stopped') &&
        isEndOfLoop(record, desired, action.change)
      );
    case 'update': {
      const same = updating?.generation === desired.generation && updating.incarnationId === record.incarnation?.id;
      return same && action.fields.every((field) => updating.fields.includes(field));
    }
    default:
      return false;
  }
}
