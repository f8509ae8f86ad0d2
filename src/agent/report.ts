/**
 * Telling the control plane what is: changes at once, coalesced while a report is on its way; everything when a session
 * begins and every 5 min; metrics at each heartbeat. Whatever a report that failed carried is carried by the next.
 */
import type { Uid } from '../core/kit/brand.ts';
import type { InstanceMetrics, ObservedInstance, UnassignedRuntime } from '../core/node/observation.ts';
import type { ControlSession, NodeReport } from '../ports/control-link.ts';
import { fullReportMs } from './agent-config.ts';
import type { AgentContext } from './agent-context.ts';
import { observationOf, withoutMetrics } from './observation.ts';
import { unassignedOf } from './scan-runtimes.ts';
import { isGone, type Slot } from './slot.ts';

export interface Reporter {
  /** The observation of this instance may have changed. */
  changed(slot: Slot): void;
  /** Something else is worth a report soon (an event). */
  soon(): void;
  /** What no assignment names may have changed. */
  rescanned(): void;
  /** What is observed of an instance now; null without a record. */
  observe(slot: Slot): ObservedInstance | null;
  /** Reports over one session until it ends or the signal aborts. Throws what a report throws. */
  run(session: ControlSession, sessionId: string, signal: AbortSignal): Promise<void>;
}

/** What an observation was made of; the same parts make the same observation. */
interface Made {
  readonly parts: readonly unknown[];
  readonly observed: ObservedInstance;
}

export function createReporter(getContext: () => AgentContext): Reporter {
  const made = new Map<Uid, Made>();
  const pending = new Set<Uid>();
  const told = new Set<Uid>();
  let wakeUp: () => void = () => undefined;
  let news = false;
  // Whole lists in each report, but not made anew for each: reports follow each other closely while much happens.
  let unassigned: readonly UnassignedRuntime[] | null = null;

  const soon = () => {
    news = true;
    wakeUp();
  };

  const observe = (slot: Slot): ObservedInstance | null => {
    const record = slot.durable;
    if (record === null || slot.desired === null) return null;
    const { evidence, waiting, health } = slot;
    const facts = evidence.facts === null ? '' : JSON.stringify(withoutMetrics(evidence.facts));
    const monitor = evidence.monitor.kind === 'answered' ? evidence.monitor.state : evidence.monitor.kind;
    const parts = [record, evidence.process.life, monitor, facts, waiting, health];
    const before = made.get(slot.uid);
    if (before?.parts.every((part, i) => part === parts[i])) return before.observed;
    const observed = observationOf(record, evidence, { waiting, health });
    made.set(slot.uid, { parts, observed });
    return observed;
  };

  const changed = (slot: Slot): void => {
    if (slot.desired === null) unassigned = null;
    const before = made.get(slot.uid)?.observed;
    const now = observe(slot);
    if (now === null) made.delete(slot.uid);
    if (!isGone(slot)) told.delete(slot.uid);
    else if (!told.has(slot.uid)) {
      told.add(slot.uid);
      soon();
    }
    if (now === (before ?? null)) return;
    pending.add(slot.uid);
    soon();
  };

  const removedUids = (ctx: AgentContext): readonly Uid[] =>
    [...told].filter((uid) => {
      const slot = ctx.slots.get(uid);
      return ctx.scanned && slot !== undefined && isGone(slot);
    });

  const collect = (ctx: AgentContext, full: boolean): readonly ObservedInstance[] => {
    const slots = full ? [...ctx.slots.values()] : [...pending].flatMap((uid) => ctx.slots.get(uid) ?? []);
    pending.clear();
    return slots.flatMap((slot) => observe(slot) ?? []);
  };

  const metricsOf = (ctx: AgentContext): readonly InstanceMetrics[] =>
    [...ctx.slots.values()].flatMap(({ uid, desired, metrics }) =>
      desired === null || metrics === null ? [] : [{ uid, metrics: metrics.values, observedAt: metrics.at }],
    );

  const send = async (
    ctx: AgentContext,
    session: ControlSession,
    parts: { readonly session: string; readonly sequence: number; readonly full: boolean; readonly metrics: boolean },
    signal: AbortSignal,
  ): Promise<void> => {
    const events = ctx.events.take();
    const instances = collect(ctx, parts.full);
    unassigned ??= unassignedOf(ctx.slots.values());
    const report: NodeReport = {
      session: parts.session,
      sequence: parts.sequence,
      sentAt: ctx.deps.clock.now(),
      seen: ctx.at,
      full: parts.full,
      instances,
      metrics: parts.metrics ? metricsOf(ctx) : [],
      removed: removedUids(ctx),
      unassigned,
      events,
    };
    try {
      await session.report(report, signal);
    } catch (error) {
      ctx.events.putBack(events);
      for (const { uid } of instances) pending.add(uid);
      throw error;
    }
  };

  return {
    changed,
    soon,
    rescanned() {
      unassigned = null;
      soon();
    },
    observe,
    async run(session, sessionId, signal) {
      const ctx = getContext();
      const { clock } = ctx.deps;
      let sequence = 0;
      let fullAt = clock.bootMs();
      let metricsAt = clock.bootMs();
      while (!signal.aborted) {
        const now = clock.bootMs();
        const full = now >= fullAt;
        const metrics = now >= metricsAt;
        if (full) fullAt = now + fullReportMs;
        if (metrics) metricsAt = now + session.heartbeatMs;
        news = false;
        sequence += 1;
        await send(ctx, session, { session: sessionId, sequence, full, metrics }, signal);
        await quiet(ctx, Math.min(fullAt, metricsAt) - clock.bootMs(), signal);
      }
    },
  };

  /** Until there is news or the next regular report is due. */
  async function quiet(ctx: AgentContext, ms: number, signal: AbortSignal): Promise<void> {
    if (news) return;
    const awake = new AbortController();
    wakeUp = () => awake.abort(null);
    await ctx.deps.clock.sleep(Math.max(0, ms), AbortSignal.any([signal, awake.signal])).catch(() => undefined);
    wakeUp = () => undefined;
  }
}
