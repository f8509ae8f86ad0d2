/**
 * Wakes the loops of the instances (spec S18): an assignment, the start of the agent, the end of a process, a decision's
 * time, and a regular pass. A pass over many instances looks at a rotating share of them and judges the others from what
 * is in memory, which costs microseconds; what happens to an instance wakes it by itself.
 */

import { faultCode } from '../core/kit/fault.ts';
import { pause } from '../ports/pause.ts';
import { fullPassMax, monitorTimeoutMs, passLooksMax, passShare, passSlice } from './agent-config.ts';
import type { AgentContext } from './agent-context.ts';
import { keepTime } from './keep-time.ts';
import { isBlocked, judge, reconcileInstance } from './reconcile-instance.ts';
import type { Slot } from './slot.ts';
import { orderOf } from './unassigned-policy.ts';

export class Reconciler {
  readonly #context: () => AgentContext;
  readonly #lifetime: AbortSignal;
  #passes = 0;

  constructor(context: () => AgentContext, lifetime: AbortSignal) {
    this.#context = context;
    this.#lifetime = lifetime;
  }

  /** Looks at this instance as soon as its loop can. */
  wake(slot: Slot): void {
    slot.dirty = true;
    const ctx = this.#context();
    // Before the host was scanned nothing is judged; the scan wakes everything.
    if (slot.loop !== null || this.#lifetime.aborted || !ctx.scanned) return;
    slot.loop = this.#runLoop(ctx, slot);
  }

  /** Resolves when the loop of this instance is at rest. */
  async rest(slot: Slot, signal: AbortSignal): Promise<void> {
    while (slot.loop !== null) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const settle = () => {
          slot.atRest.delete(settle);
          signal.removeEventListener('abort', abort);
          resolve();
        };
        const abort = () => {
          slot.atRest.delete(settle);
          reject(signal.reason);
        };
        slot.atRest.add(settle);
        signal.addEventListener('abort', abort, { once: true });
      });
    }
  }

  /** One regular pass now; resolves when every look it caused has come to rest. */
  async pass(): Promise<void> {
    const ctx = this.#context();
    const slots = [...ctx.slots.values()];
    const share = slots.length <= fullPassMax ? 1 : passShare;
    this.#passes += 1;
    const now = ctx.deps.clock.now();
    const due: Slot[] = [];
    for (const [index, slot] of slots.entries()) {
      if (index % passSlice === passSlice - 1) await ctx.deps.clock.sleep(0, this.#lifetime);
      if (slot.loop !== null || orderOf(ctx, slot) === null) continue;
      if (index % share === this.#passes % share || slot.evidence.process.life === 'inconclusive') {
        due.push(slot);
        continue;
      }
      const decision = judge(ctx, slot);
      if (decision.action.kind !== 'none' && !isBlocked(slot, decision, now)) due.push(slot);
    }
    await this.#lookAt(due);
  }

  /** Passes and timed wakes until aborted. Effects in flight are not waited for: instances live on. */
  async run(signal: AbortSignal): Promise<void> {
    const ctx = this.#context();
    const timed = ctx.wakes.run((uid) => {
      const slot = ctx.slots.get(uid);
      if (slot === undefined) return;
      if (slot.loop === null) this.wake(slot);
      else keepTime(ctx, slot);
    }, signal);
    let passing: Promise<void> | null = null;
    while (!signal.aborted) {
      await pause(ctx.deps.clock, ctx.config.passIntervalMs, signal);
      // A pass that takes longer than the interval (a hung probe) is not joined by a second one.
      if (signal.aborted || passing !== null) continue;
      passing = this.pass()
        .catch((error: unknown) => {
          if (!signal.aborted) ctx.deps.log.error('a regular pass failed', { message: String(error) });
        })
        .finally(() => {
          passing = null;
        });
    }
    await timed;
  }

  async #runLoop(ctx: AgentContext, slot: Slot): Promise<void> {
    let wakeAt: number | null;
    try {
      wakeAt = await reconcileInstance(ctx, slot, this.#lifetime);
    } catch (error) {
      if (this.#lifetime.aborted) return;
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      ctx.deps.log.error('the loop of an instance failed', { uid: slot.uid, code: faultCode(error), message });
      wakeAt = ctx.deps.clock.now() + monitorTimeoutMs;
    }
    slot.loop = null;
    ctx.wakes.set(slot.uid, wakeAt);
    ctx.changed(slot);
    for (const listener of [...slot.atRest]) listener();
    // What came in between the loop's last look and now.
    if (slot.dirty) this.wake(slot);
  }

  /** Looks at these, a few at a time. */
  async #lookAt(due: readonly Slot[]): Promise<void> {
    const queue = due.values();
    const worker = async () => {
      for (const slot of queue) {
        if (slot.loop === null) this.wake(slot);
        await this.rest(slot, this.#lifetime);
      }
    };
    await Promise.all(Array.from({ length: Math.min(passLooksMax, due.length) }, worker));
  }
}
