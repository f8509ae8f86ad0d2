/**
 * Wakes the loops of the instances (spec S18): an assignment, the start of the agent, the end of a process, a decision's
 * time, and a regular pass. A pass over many instances looks at a rotating share of them and judges the others from what
 * is in memory, which costs microseconds; what happens to an instance wakes it by itself.
 */
import { faultCode } from '../core/kit/fault.ts';
import { fullPassMax, monitorTimeoutMs, passLooksMax, passShare } from './agent-config.ts';
import type { AgentContext } from './agent-context.ts';
import { keepTime } from './keep-time.ts';
import { isBlocked, judge, reconcileInstance } from './reconcile-instance.ts';
import type { Slot } from './slot.ts';

export interface Reconciler {
  /** Looks at this instance as soon as its loop can. */
  wake(slot: Slot): void;
  /** Resolves when the loop of this instance is at rest. */
  rest(slot: Slot, signal: AbortSignal): Promise<void>;
  /** One regular pass now; resolves when every look it caused has come to rest. */
  pass(): Promise<void>;
  /** Passes and timed wakes until aborted; then waits for no effect: instances live on. */
  run(signal: AbortSignal): Promise<void>;
}

export function createReconciler(getContext: () => AgentContext, lifetime: AbortSignal): Reconciler {
  let passes = 0;

  const wake = (slot: Slot): void => {
    slot.dirty = true;
    const ctx = getContext();
    // Before the host was scanned nothing is judged; the scan wakes everything.
    if (slot.loop !== null || lifetime.aborted || !ctx.scanned) return;
    slot.loop = runLoop(ctx, slot);
  };

  const runLoop = async (ctx: AgentContext, slot: Slot): Promise<void> => {
    let wakeAt: number | null;
    try {
      wakeAt = await reconcileInstance(ctx, slot, lifetime);
    } catch (error) {
      if (lifetime.aborted) return;
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      ctx.deps.log.error('the loop of an instance failed', { uid: slot.uid, code: faultCode(error), message });
      wakeAt = ctx.deps.clock.now() + monitorTimeoutMs;
    }
    slot.loop = null;
    ctx.wakes.set(slot.uid, wakeAt);
    ctx.changed(slot);
    for (const listener of [...slot.atRest]) listener();
    // What came in between the loop's last look and now.
    if (slot.dirty) wake(slot);
  };

  const rest = async (slot: Slot, signal: AbortSignal): Promise<void> => {
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
  };

  /** Looks at these, a few at a time. */
  const lookAt = async (due: readonly Slot[]): Promise<void> => {
    const queue = due.values();
    const worker = async () => {
      for (const slot of queue) {
        if (slot.loop === null) wake(slot);
        await rest(slot, lifetime);
      }
    };
    await Promise.all(Array.from({ length: Math.min(passLooksMax, due.length) }, worker));
  };

  const pass = async (): Promise<void> => {
    const ctx = getContext();
    const slots = [...ctx.slots.values()];
    const share = slots.length <= fullPassMax ? 1 : passShare;
    passes += 1;
    const now = ctx.deps.clock.now();
    const due: Slot[] = [];
    for (const [index, slot] of slots.entries()) {
      if (slot.loop !== null || slot.desired === null) continue;
      if (index % share === passes % share || slot.evidence.process.life === 'inconclusive') {
        due.push(slot);
        continue;
      }
      const decision = judge(ctx, slot);
      if (decision.action.kind !== 'none' && !isBlocked(slot, decision, now)) due.push(slot);
    }
    await lookAt(due);
  };

  const onDue = (ctx: AgentContext, slot: Slot): void => {
    if (slot.loop === null) wake(slot);
    else keepTime(ctx, slot);
  };

  return {
    wake,
    rest,
    pass,
    async run(signal) {
      const ctx = getContext();
      const timed = ctx.wakes.run((uid) => {
        const slot = ctx.slots.get(uid);
        if (slot !== undefined) onDue(ctx, slot);
      }, signal);
      let passing: Promise<void> | null = null;
      while (!signal.aborted) {
        await ctx.deps.clock.sleep(ctx.config.passIntervalMs, signal).catch(() => undefined);
        // A pass that takes longer than the interval (a hung probe) is not joined by a second one.
        if (signal.aborted || passing !== null) continue;
        passing = pass()
          .catch(() => undefined)
          .finally(() => {
            passing = null;
          });
      }
      await timed;
    },
  };
}
