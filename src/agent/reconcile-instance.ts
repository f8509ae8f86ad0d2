/**
 * The loop of one instance (spec S4, S6): observe → classify → decide → perform, until the decision is that there is nothing
 * to do now. One loop per instance runs at a time, so one effect per instance is in flight; loops of different instances
 * know nothing of each other. Nothing is decided here: `core/instance` says what, this file does it and keeps time.
 */
import { classify, type Situation } from '../core/instance/classify.ts';
import { decide } from '../core/instance/decide.ts';
import { decidePreemption } from '../core/instance/decide-preemption.ts';
import type { Action, Because, Decision } from '../core/instance/decision.ts';
import type { DesiredVm } from '../core/instance/desired.ts';
import { nothingUnready } from '../core/instance/unready.ts';
import { backoffDelayMs, instanceBackoff } from '../core/kit/backoff.ts';
import type { TimeMs } from '../core/kit/brand.ts';
import { Fault, faultCode, tellable } from '../core/kit/fault.ts';
import { stepsPerWakeMax } from './agent-config.ts';
import type { AgentContext } from './agent-context.ts';
import { keepTime } from './keep-time.ts';
import { isWithoutProcess, lookForUnready } from './look-for-unready.ts';
import { observeInstance } from './observe-instance.ts';
import { onlyJournals, performAction } from './perform/perform-action.ts';
import { settleFound } from './scan-runtimes.ts';
import { type Blocked, lastCorrection, type Slot, slotName } from './slot.ts';
import { tellDecision, tellReported } from './tell-decision.ts';
import { orderOf } from './unassigned-policy.ts';
import { watchProcess } from './watch-process.ts';

/** Looks and acts until at rest. Resolves with the time to look again at the latest, null for the next regular pass. */
export async function reconcileInstance(ctx: AgentContext, slot: Slot, signal: AbortSignal): Promise<TimeMs | null> {
  let look = true;
  let lookForFiles = true;
  for (let step = 0; step < stepsPerWakeMax; step++) {
    // An agent that is ending begins nothing: it would be given up at once, and begun again by the next life.
    signal.throwIfAborted();
    if (slot.dirty || look) {
      slot.dirty = false;
      const stray = await settleFound(ctx, slot, signal);
      slot.evidence = await observeInstance(ctx, slot, stray, signal);
      watchProcess(ctx, slot);
      lookForFiles = true;
    }
    let decision = judge(ctx, slot);
    // Looked for before the end of the process is told, but not ahead of a start, which finds out for itself.
    if (!isWithoutProcess(slot)) slot.unready = nothingUnready;
    else if (lookForFiles && decision.action.kind !== 'start') {
      lookForFiles = false;
      slot.unready = await lookForUnready(ctx, slot, signal);
      decision = judge(ctx, slot);
    }
    slot.decision = decision;
    if (decision.because === 'converged') slot.updating = null;
    tellReported(ctx, slot, decision);
    keepTime(ctx, slot);
    ctx.changed(slot);
    const now = ctx.deps.clock.now();
    if (decision.action.kind === 'none' || isBlocked(slot, decision, now)) {
      if (slot.dirty) continue;
      const retryAt = isBlocked(slot, decision, now) ? (slot.blocked.get(decision.action.kind)?.until ?? null) : null;
      return earliest(decision.wakeAt, retryAt, slot.waiting?.deadline ?? null);
    }
    await carryOut(ctx, slot, decision, signal);
    look = !onlyJournals(decision.action);
  }
  // What made it restless must not wake it again at once.
  slot.dirty = false;
  ctx.deps.log.error('an instance does not come to rest', { uid: slot.uid, because: slot.decision?.because });
  return ctx.deps.clock.now() + ctx.config.passIntervalMs;
}

/** What the case is and what is to be done, from what is in memory. */
export function judge(ctx: AgentContext, slot: Slot): Decision {
  const now = ctx.deps.clock.now();
  // A process that does not say which incarnation it is can be neither adopted nor replaced.
  if (slot.record === null && slot.found?.proof != null) return undecided;
  const order = orderOf(ctx, slot);
  const decision = decide({ desired: order, record: slot.record, situation: situationOf(ctx, slot, now), now });
  // Findings are journaled whatever the order is.
  return slot.unreadable === null || decision.action.kind === 'record' ? decision : held;
}

const held: Decision = { action: { kind: 'none' }, because: 'unreadable_order', wakeAt: null };
const undecided: Decision = { action: { kind: 'none' }, because: 'probe_inconclusive', wakeAt: null };

function situationOf(ctx: AgentContext, slot: Slot, now: TimeMs): Situation {
  return classify(
    slot.record,
    { ...slot.evidence, health: slot.checks, artefacts: slot.fetch, silentSeenSince: slot.silentSeenSince },
    { bootId: ctx.deps.host.bootId, now },
  );
}

/** Whether the action waits for its backoff after a failure. Another action is not held back by it. */
export function isBlocked(slot: Slot, decision: Decision, now: TimeMs): boolean {
  const blocked = slot.blocked.get(decision.action.kind);
  return blocked !== undefined && now < blocked.until;
}

async function carryOut(ctx: AgentContext, slot: Slot, decision: Decision, signal: AbortSignal): Promise<void> {
  const desired = orderOf(ctx, slot);
  if (desired === null) return;
  const controller = new AbortController();
  const effect = { kind: decision.action.kind, run: desired.run, specHash: desired.specHash, controller };
  tellDecision(ctx, slot, desired, decision);
  ctx.deps.log.info('action', { uid: slot.uid, action: decision.action.kind, because: decision.because });
  slot.effect = effect;
  try {
    const both = AbortSignal.any([signal, controller.signal]);
    await performAction({ ctx, slot, desired, staged: slot, signal: both }, decision.action);
    unblock(ctx, slot, desired, decision);
  } catch (error) {
    signal.throwIfAborted();
    if (!controller.signal.aborted) block(ctx, slot, decision, error);
  } finally {
    slot.effect = null;
    slot.stage = null;
  }
}

/** Reasons to pause or let go a guest that has been let go before. */
const ofRunningGuest: ReadonlySet<Because> = new Set([
  ...(['out_of_band', 'io_error', 'paused_by_user', 'resumed_by_user', 'guest_shutdown'] as const),
]);

/**
 * A guest follows a change in its own time, one that is paused or still boots not at all, and one whose disk is full stops
 * again each time it is let go (spec S8: asking it again at once would change nothing). A newer order ends the wait.
 */
const isForGuest = ({ action, because }: Decision): boolean =>
  action.kind === 'update' || ((action.kind === 'resume' || action.kind === 'pause') && ofRunningGuest.has(because));

/** A change that failed says itself when it is tried again. */
function isUpdateThatWaits(
  ctx: AgentContext,
  { record }: Slot,
  { generation }: DesiredVm,
  { action }: Decision,
): boolean {
  const error = record?.operationError ?? null;
  if (action.kind !== 'update' || error === null || error.generation < generation) return false;
  return error.retryAt !== null && error.retryAt > ctx.deps.clock.now();
}

/** It succeeded: nothing waits any more but what the guest has yet to follow. */
function unblock(ctx: AgentContext, slot: Slot, desired: DesiredVm, decision: Decision): void {
  const { kind } = decision.action;
  const follows = isForGuest(decision) && !isUpdateThatWaits(ctx, slot, desired, decision);
  const waiting = follows ? waitForGuest(ctx, slot, kind) : null;
  if (onlyJournals(decision.action)) slot.blocked.delete(kind);
  else slot.blocked.clear();
  if (waiting !== null) slot.blocked.set(kind, waiting);
}

function waitForGuest(ctx: AgentContext, slot: Slot, kind: Action['kind']): Blocked {
  const now = ctx.deps.clock.now();
  const failures = (lastCorrection(slot, kind, now)?.failures ?? 0) + 1;
  const until = now + backoffDelayMs(instanceBackoff, failures, ctx.deps.random.next());
  return { until, failures, code: null };
}

/** The action failed without a conclusion about the instance: it is tried again after a backoff. */
function block(ctx: AgentContext, slot: Slot, decision: Decision, error: unknown): void {
  const kind = decision.action.kind;
  const code = faultCode(error);
  const before = slot.blocked.get(kind);
  const failures = (before?.failures ?? 0) + 1;
  const until = ctx.deps.clock.now() + backoffDelayMs(instanceBackoff, failures, ctx.deps.random.next());
  slot.blocked.set(kind, { until, failures, code });
  // A process that nobody knows holds the lock, or lives in the place of an incarnation that is over: the next scan finds it.
  if (code === 'instance_locked' || code === 'still_running') ctx.rescan();
  if (before?.code !== code)
    ctx.events.add(slot.uid, code, `VM "${slotName(slot)}": ${kind} failed: ${tellable(error)}`);
  const message = error instanceof Error ? error.message : String(error);
  ctx.deps.log.warn('action failed', { uid: slot.uid, action: kind, code, message, failures });
}

/** An arriving order may come over what is in flight (spec S6); the loop then decides anew. */
export function preempt(slot: Slot): void {
  const { effect, fetch, desired } = slot;
  if (desired === null) return;
  for (const each of [effect, fetch]) {
    if (each === null || !decidePreemption(each, desired)) continue;
    each.controller.abort(new Fault('cancelled', 'A newer order came over it', { retry: 'now' }));
  }
}

function earliest(...times: readonly (TimeMs | null)[]): TimeMs | null {
  const set = times.filter((time) => time !== null);
  return set.length === 0 ? null : Math.min(...set);
}
