import type { DesiredVm } from '../core/instance/desired.ts';
import type { HealthCheckSpec } from '../core/instance/spec.ts';
import type { IncarnationId } from '../core/kit/brand.ts';
import { tellable } from '../core/kit/fault.ts';
import type { AgentContext } from './agent-context.ts';
import { type CheckState, countResult, healthOf, targetOf, untried } from './health-counting.ts';
import type { Slot } from './slot.ts';

/** Runs the health checks of running guests, each at its own interval; says of the others why they cannot be run. */
export interface HealthChecks {
  /** The instance was looked at: begins, goes on or ends its checks as its state asks. */
  follow(slot: Slot): void;
}

interface Checking {
  readonly incarnationId: IncarnationId;
  readonly checks: DesiredVm['spec']['healthChecks'];
  readonly controller: AbortController;
}

export function createHealthChecks(getContext: () => AgentContext, lifetime: AbortSignal): HealthChecks {
  const running = new Map<string, Checking>();

  const stop = (slot: Slot): void => {
    running.get(slot.uid)?.controller.abort(null);
    running.delete(slot.uid);
    slot.health = null;
  };

  const start = (slot: Slot, incarnationId: IncarnationId, checks: readonly HealthCheckSpec[]): void => {
    const ctx = getContext();
    const controller = new AbortController();
    running.set(slot.uid, { incarnationId, checks, controller });
    const states = new Map<string, CheckState>();
    const unchecked = new Map<string, string>();
    const publish = () => {
      const reasons = [...unchecked].map(([name, because]) => ({ name, because }));
      slot.health = healthOf(checks, states, reasons);
      ctx.changed(slot);
    };
    const signal = AbortSignal.any([lifetime, controller.signal]);
    for (const check of checks) {
      repeat(ctx, slot, check, signal, (outcome) => {
        const before = states.get(check.name) ?? untried;
        if (outcome.kind === 'unchecked') {
          if (unchecked.get(check.name) === outcome.because) return;
          unchecked.set(check.name, outcome.because);
          states.delete(check.name);
          publish();
          return;
        }
        unchecked.delete(check.name);
        const after = countResult(before, outcome.kind === 'passed', check.retries);
        states.set(check.name, after);
        if (after.verdict === before.verdict) return;
        if (after.verdict === 'failing') {
          const because = outcome.kind === 'failed' ? outcome.because : '';
          ctx.events.add(slot.uid, 'health_check_failed', `Health check "${check.name}" fails: ${because}`);
        }
        publish();
      }).catch((error: unknown) => {
        if (!signal.aborted) ctx.deps.log.error('a health check ended', { uid: slot.uid, message: String(error) });
      });
    }
    slot.health = healthOf(checks, states, []);
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
      if (current?.incarnationId === incarnation.id && current.checks === checks) return;
      stop(slot);
      start(slot, incarnation.id, checks);
    },
  };
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
  const target = targetOf(check, slot.evidence.facts?.nics ?? []);
  if (target.kind === 'unreachable') return { kind: 'unchecked', because: target.because };
  const limit = clock.timeout(check.timeoutSeconds * 1000, signal);
  try {
    const { probe } = check;
    const because =
      probe.kind === 'http'
        ? await prober.http({ ...target, path: probe.path }, limit)
        : await prober.tcp(target, limit);
    return because === null ? { kind: 'passed' } : { kind: 'failed', because };
  } catch (error) {
    const because = limit.aborted ? `no answer within ${check.timeoutSeconds} s` : tellable(error);
    return { kind: 'failed', because };
  }
}
