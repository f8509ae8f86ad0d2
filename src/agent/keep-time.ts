import { isToldAlready, recordOperationFailed } from '../core/instance/record-outcome.ts';
import { Fault } from '../core/kit/fault.ts';
import type { AgentContext } from './agent-context.ts';
import { changeRecord } from './change-record.ts';
import { type Slot, slotName } from './slot.ts';
import { deadlineExceeded, watchPhase } from './waiting.ts';

/**
 * Times the transient phase of an instance (spec F1). When its deadline passes without progress the effect in flight is
 * given up, the error is kept on the instance, and the loop goes on trying with a new deadline.
 */
export function keepTime(ctx: AgentContext, slot: Slot): void {
  const now = ctx.deps.clock.now();
  const { desired, record, decision } = slot;
  const stage = stageOf(ctx, slot);
  const leftovers = record !== null || slot.found !== null;
  const fetching = slot.fetch?.state.kind === 'fetching';
  const timed = watchPhase(slot.phase, { desired, record, leftovers, decision, stage, fetching, now });
  if (timed === null || desired === null || slot.unreadable !== null) {
    slot.phase = null;
    slot.waiting = null;
    return;
  }
  slot.phase = timed.watch;
  if (!sameWaiting(slot.waiting, timed.waiting)) slot.waiting = timed.waiting;
  if (slot.effect !== null) ctx.wakes.set(slot.uid, timed.waiting.deadline);
  if (now < timed.waiting.deadline) return;

  const reason = deadlineExceeded(slotName(slot), timed.waiting, now);
  slot.phase = { ...timed.watch, progressAt: now, missed: timed.watch.missed + 1 };
  const effect = timed.watch.isFetch ? slot.fetch : slot.effect;
  const staged = timed.watch.isFetch ? slot.fetch : slot;
  if (staged?.stage != null) staged.stage = { ...staged.stage, progressAt: now };
  effect?.controller.abort(new Fault(reason.code, reason.message, { details: { ...reason.details } }));
  // A start or fetch that is given up becomes a failed one by itself, with backoff, and is told of as such.
  if (effect?.kind === 'start' || effect?.kind === 'fetch') return;
  const isTold = record === null ? timed.watch.missed > 0 : isToldAlready(record, reason, desired.generation);
  if (!isTold) ctx.events.add(slot.uid, reason.code, reason.message);
  if (record === null) return;
  const moment = { now, chance: ctx.deps.random.next() };
  changeRecord(ctx, slot, (current) => recordOperationFailed(current, desired, reason, moment)).catch((error) => {
    ctx.deps.log.warn('a missed deadline could not be journaled', { uid: slot.uid, message: String(error) });
  });
}

/** A queue that moves is progress for everybody in it. */
function stageOf(ctx: AgentContext, slot: Slot): Slot['stage'] {
  const stage = slot.stage ?? slot.fetch?.stage ?? null;
  if (stage?.for !== 'start_slot') return stage;
  return { ...stage, progressAt: Math.max(stage.progressAt, ctx.startsMovedAt) };
}

const sameWaiting = (a: Slot['waiting'], b: Slot['waiting']) =>
  a?.for === b?.for && a?.message === b?.message && a?.deadline === b?.deadline && a?.since === b?.since;
