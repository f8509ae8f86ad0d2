/**
 * Telling the control plane what is: changes at once, coalesced while a report is on its way; everything when a session
 * begins and every 5 min; metrics now and then, the first of a process and their end with the news of it. Whatever a report
 * that failed carried is carried by the next.
 */

import { nothingUnready } from '../core/instance/unready.ts';
import type { TimeMs, Uid } from '../core/kit/brand.ts';
import { sameJson } from '../core/kit/same-json.ts';
import type { InstanceMetrics, ObservedInstance, UnassignedRuntime } from '../core/node/observation.ts';
import type { ControlSession, NodeReport } from '../ports/control-link.ts';
import { pause } from '../ports/pause.ts';
import { fullReportMs, reportTimeoutMs } from './agent-config.ts';
import type { AgentContext } from './agent-context.ts';
import { isWithoutProcess } from './look-for-unready.ts';
import { observationOf, withoutMetrics } from './observation.ts';
import { unassignedOf } from './scan-runtimes.ts';
import { isGone, type SeenMetrics, type Slot } from './slot.ts';

/** What an observation was made of; the same parts make the same observation. */
interface Made {
  readonly parts: readonly unknown[];
  readonly observed: ObservedInstance;
}

interface ReportKind {
  readonly session: string;
  readonly sequence: number;
  readonly full: boolean;
  readonly metrics: readonly InstanceMetrics[];
}

export class Reporter {
  readonly #context: () => AgentContext;
  readonly #made = new Map<Uid, Made>();
  readonly #pending = new Set<Uid>();
  /** Removed instances, repeated in every report until their entry leaves the assignment. */
  readonly #removed = new Set<Uid>();
  /** A whole list in each report, but not made anew for each: reports follow each other closely while much happens. */
  #unassigned: readonly UnassignedRuntime[] | null = null;
  #news = false;
  #wakeUp: () => void = () => undefined;

  constructor(context: () => AgentContext) {
    this.#context = context;
  }

  /** The observation of this instance may have changed. */
  changed(slot: Slot): void {
    if (slot.desired === null) this.rescanned();
    const before = this.#made.get(slot.uid)?.observed ?? null;
    const now = this.observe(slot);
    if (now === null) this.#made.delete(slot.uid);
    if (!isGone(slot)) this.#removed.delete(slot.uid);
    else if (!this.#removed.has(slot.uid)) {
      this.#removed.add(slot.uid);
      this.soon();
    }
    if (now === before) return;
    this.#pending.add(slot.uid);
    this.soon();
  }

  /** Something else is worth a report soon (an event). */
  soon(): void {
    this.#news = true;
    this.#wakeUp();
  }

  /** What no assignment names may have changed. */
  rescanned(): void {
    this.#unassigned = null;
    this.soon();
  }

  /** What is observed of an instance now; null without a durable record. The same object while nothing changed. */
  observe(slot: Slot): ObservedInstance | null {
    const record = slot.durable;
    if (record === null || slot.desired === null) return null;
    const { evidence, waiting, health } = slot;
    const unready = isWithoutProcess(slot) ? slot.unready : nothingUnready;
    const { spec: ordered } = slot.desired;
    const proved = slot.proved?.incarnationId === record.incarnation?.id ? slot.proved : null;
    const before = this.#made.get(slot.uid);
    const seen = proved === null ? null : withoutMetrics(proved.facts);
    // Each look makes them anew, and they mostly say the same.
    const facts = before !== undefined && sameJson(before.observed.facts, seen) ? before.observed.facts : seen;
    const monitor = evidence.monitor.kind === 'answered' ? evidence.monitor.state : evidence.monitor.kind;
    const parts = [record, evidence.process.life, monitor, facts, ordered, waiting, health, unready];
    if (before?.parts.every((part, i) => part === parts[i])) return before.observed;
    const observed = observationOf(record, evidence, { ordered, facts, waiting, health, unready });
    this.#made.set(slot.uid, { parts, observed });
    return observed;
  }

  /** Reports over one session until it ends or the signal aborts. Throws what a report throws. */
  async run(session: ControlSession, sessionId: string, signal: AbortSignal): Promise<void> {
    const ctx = this.#context();
    const { clock } = ctx.deps;
    let sequence = 0;
    let fullAt = clock.bootMs();
    let metricsAt = clock.bootMs();
    const told: Told = new WeakMap();
    while (!signal.aborted) {
      const now = clock.bootMs();
      // Before the scan the node does not know what it has: a full report would say that the rest does not exist.
      const full = now >= fullAt && ctx.scanned;
      const metrics = now >= metricsAt;
      if (full) fullAt = now + fullReportMs;
      if (metrics) metricsAt = now + ctx.config.metricsMs;
      this.#news = false;
      sequence += 1;
      const slots = metrics ? ctx.slots.values() : this.#pendingSlots(ctx).filter((slot) => isOfAnother(slot, told));
      const counters = newMetrics(slots, told, sequence === 1, clock.now());
      const kind = { session: sessionId, sequence, full, metrics: counters };
      await this.#send(ctx, session, kind, signal);
      const renewAt = now + session.heartbeatMs;
      const next = Math.min(renewAt, metricsAt, ctx.scanned ? fullAt : renewAt);
      await this.#quiet(ctx, next - clock.bootMs(), signal);
    }
  }

  async #send(ctx: AgentContext, session: ControlSession, kind: ReportKind, signal: AbortSignal): Promise<void> {
    const events = ctx.events.take();
    const instances = this.#collect(ctx, kind.full);
    this.#unassigned ??= unassignedOf(ctx);
    const report: NodeReport = {
      session: kind.session,
      sequence: kind.sequence,
      sentAt: ctx.deps.clock.now(),
      seen: ctx.at,
      full: kind.full,
      instances,
      metrics: kind.metrics,
      removed: this.#stillGone(ctx),
      unassigned: this.#unassigned,
      events,
    };
    try {
      const limit = AbortSignal.any([signal, ctx.deps.clock.timeout(reportTimeoutMs)]);
      await session.report(report, limit);
    } catch (error) {
      ctx.events.putBack(events);
      for (const { uid } of instances) this.#pending.add(uid);
      throw error;
    }
  }

  #collect(ctx: AgentContext, full: boolean): readonly ObservedInstance[] {
    const slots = full ? [...ctx.slots.values()] : this.#pendingSlots(ctx);
    this.#pending.clear();
    return slots.flatMap((slot) => this.observe(slot) ?? []);
  }

  #pendingSlots(ctx: AgentContext): readonly Slot[] {
    return [...this.#pending].flatMap((uid) => ctx.slots.get(uid) ?? []);
  }

  #stillGone(ctx: AgentContext): readonly Uid[] {
    if (!ctx.scanned) return [];
    return [...this.#removed].filter((uid) => {
      const slot = ctx.slots.get(uid);
      return slot !== undefined && isGone(slot);
    });
  }

  /** Until there is news or the next regular report is due. */
  async #quiet({ deps: { clock } }: AgentContext, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#news) {
      const awake = new AbortController();
      this.#wakeUp = () => awake.abort(null);
      await pause(clock, Math.max(0, ms), AbortSignal.any([signal, awake.signal]));
      this.#wakeUp = () => undefined;
    }
    // Acting on what has just happened comes before telling of it, and what it leads to at once shares the report.
    await pause(clock, 0, signal);
  }
}

/** What this session last told of each instance; null: that there are none. */
type Told = WeakMap<Slot, SeenMetrics | null>;

/** A process began or ended since: that is told with the news of it, and not at the next regular time. */
const isOfAnother = (slot: Slot, told: Told): boolean => told.get(slot)?.incarnationId !== slot.metrics?.incarnationId;

/**
 * Metrics of those looked at since this session last told of them: a pass looks only at a share of many, the others would
 * repeat themselves. Counters that were told end with their process; the first report of a session ends all that earlier
 * sessions told.
 */
function newMetrics(slots: Iterable<Slot>, told: Told, first: boolean, now: TimeMs): readonly InstanceMetrics[] {
  const found: InstanceMetrics[] = [];
  for (const slot of slots) {
    const { uid, desired, metrics } = slot;
    if (desired === null || (told.has(slot) ? told.get(slot) === metrics : metrics === null && !first)) continue;
    told.set(slot, metrics);
    found.push({ uid, metrics: metrics?.values ?? null, observedAt: metrics?.at ?? now });
  }
  return found;
}
