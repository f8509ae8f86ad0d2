import { isToldOfLoop } from '../core/instance/crash-loop.ts';
import type { DesiredVm } from '../core/instance/desired.ts';
import { type CheckState, countResult, healthEvidence, unhealthyReason, untried } from '../core/instance/health.ts';
import type { HealthCheckSpec } from '../core/instance/spec.ts';
import type { IncarnationId } from '../core/kit/brand.ts';
import { tellable } from '../core/kit/fault.ts';
import { type AgentContext, runtimeOf } from './agent-context.ts';
import { healthOf, targetOf } from './health-counting.ts';
import { incarnationRef } from './observe-instance.ts';
import type { Slot } from './slot.ts';

/** Runs the health checks of running guests, each at its own interval; says of the others why they cannot be run. */
export interface HealthChecks {
  /** The instance was looked at: begins, goes on or ends its checks as its state asks. */
  follow(slot: Slot): void;
}

interface Checking {
  readonly incarnationId: IncarnationId;
  readonly checks: DesiredVm['spec']['healthChecks'];
  readonly resets: number;
  readonly controller: AbortController;
}

export function createHealthChecks(getContext: () => AgentContext, lifetime: AbortSignal): HealthChecks {
  const running = new Map<string, Checking>();

  const stop = (slot: Slot): void => {
    running.get(slot.uid)?.controller.abort(null);
    running.delete(slot.uid);
    slot.health = null;
    slot.checks = null;
  };

  return {
    follow(slot) {
      const incarnation = slot.record?.incarnation ?? null;
      const checks = slot.desired?.spec.healthChecks ?? [];
      const wanted = checks.length > 0 && incarnation?.state.kind === 'running';
      const current = running.get(slot.uid);
      if (!wanted || incarnation === null) {
        if (current !== undefined || slot.health !== null) stop(slot);
        return;
      }
      const same = current?.incarnationId === incarnation.id && current.resets === slot.resets;
      if (same && current.checks === checks) return;
      stop(slot);
      // Where the guest's ports are is known with the first look at its process; until then a check has nowhere to go.
      if (slot.evidence.facts === null) return;
      const controller = new AbortController();
      running.set(slot.uid, { incarnationId: incarnation.id, checks, resets: slot.resets, controller });
      runChecks(getContext(), slot, incarnation.id, checks, AbortSignal.any([lifetime, controller.signal]));
    },
  };
}

/** Every check of one incarnation, until the signal aborts. A verdict that changes is told and looked at. */
function runChecks(
  ctx: AgentContext,
  slot: Slot,
  incarnationId: IncarnationId,
  checks: readonly HealthCheckSpec[],
  signal: AbortSignal,
): void {
  const states = new Map<string, CheckState>();
  const unchecked = new Map<string, string>();
  const begunAt = ctx.deps.clock.now();
  const begin = ({ name }: HealthCheckSpec): CheckState =>
    untried(slot.record?.checksPassed.includes(name) === true, begunAt);
  const publish = () => {
    const reasons = [...unchecked].map(([name, because]) => ({ name, because }));
    slot.health = healthOf(checks, states, reasons);
    slot.checks = healthEvidence(
      checks
        .filter(({ name }) => !unchecked.has(name))
        .map((check) => [check.name, states.get(check.name) ?? begin(check)]),
    );
    ctx.changed(slot);
    ctx.wake(slot);
  };
  const onOutcome = (check: HealthCheckSpec, outcome: Outcome) => {
    if (outcome.kind === 'unchecked') {
      if (unchecked.get(check.name) === outcome.because) return;
      unchecked.set(check.name, outcome.because);
      states.delete(check.name);
      publish();
      return;
    }
    const wasUnchecked = unchecked.delete(check.name);
    const before = states.get(check.name) ?? begin(check);
    const because = outcome.kind === 'failed' ? outcome.because : null;
    const after = countResult(before, because, check.retries, ctx.deps.clock.now());
    states.set(check.name, after);
    if (after.verdict === before.verdict && !wasUnchecked) return;
    publish();
    const failing = after.verdict === 'failing' ? healthEvidence([[check.name, after]]).failing : null;
    if (failing === null || before.verdict === 'failing') return;
    const reason = unhealthyReason(failing, incarnationId, ctx.deps.clock.now());
    if (slot.record !== null && isToldOfLoop(slot.record, reason)) return;
    const { code, message } = reason;
    ctx.events.add(slot.uid, code, `VM "${slot.record?.name ?? slot.uid}": ${message}`);
  };
  for (const check of checks) {
    repeat(ctx, slot, check, signal, (outcome) => onOutcome(check, outcome)).catch((error: unknown) => {
      if (!signal.aborted) ctx.deps.log.error('a health check ended', { uid: slot.uid, message: String(error) });
    });
  }
  slot.health = healthOf(checks, states, []);
}

type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly because: string }
  | { readonly kind: 'unchecked'; readonly because: string };

async function repeat(
  ctx: AgentContext,
  slot: Slot,
  check: HealthCheckSpec,
  signal: AbortSignal,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  while (!signal.aborted) {
    const outcome = await runOnce(ctx, slot, check, signal);
    if (signal.aborted) return;
    onOutcome(outcome);
    await ctx.deps.clock.sleep(check.intervalSeconds * 1000, signal);
  }
}

async function runOnce(ctx: AgentContext, slot: Slot, check: HealthCheckSpec, signal: AbortSignal): Promise<Outcome> {
  const { prober, clock } = ctx.deps;
  if (prober === null) return { kind: 'unchecked', because: 'this agent cannot reach its guests' };
  const { facts } = slot.evidence;
  if (facts === null)
    return { kind: 'unchecked', because: 'the monitor does not say where the ports of the guest are' };
  const target = targetOf(check, facts.nics);
  if (target.kind === 'unreachable') return { kind: 'unchecked', because: target.because };
  const limit = clock.timeout(check.timeoutSeconds * 1000, signal);
  try {
    const { probe } = check;
    const because =
      probe.kind === 'http'
        ? await prober.http({ ...target, path: probe.path }, limit)
        : await prober.tcp(target, (asking) => isAccepted(ctx, slot, target.port, asking), limit);
    return because === null ? { kind: 'passed' } : { kind: 'failed', because };
  } catch (error) {
    if (limit.aborted) return { kind: 'failed', because: `no answer within ${check.timeoutSeconds} s` };
    // The forwarder could not tell, which says nothing about the guest (F2).
    return { kind: 'unchecked', because: tellable(error) };
  }
}

/** Whether the guest has taken every connection of the forward, the probe's own among them. */
async function isAccepted(ctx: AgentContext, slot: Slot, hostPort: number, signal: AbortSignal): Promise<boolean> {
  const incarnation = slot.record?.incarnation ?? null;
  const runtime = incarnation === null ? null : runtimeOf(ctx, incarnation.started.spec.runtime);
  if (incarnation === null || runtime === null) return false;
  const states = await runtime.connections(incarnationRef(slot, incarnation), hostPort, signal);
  return states.includes('open') && !states.includes('opening');
}
