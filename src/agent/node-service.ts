/** What the control plane may ask of this node over the node's own connection (spec §4 synchronous operations, console, logs). */
import { isLive, proofOf } from '../core/instance/incarnation.ts';
import type { Uid } from '../core/kit/brand.ts';
import { Fault, tellable } from '../core/kit/fault.ts';
import type { ObservedInstance } from '../core/node/observation.ts';
import type { ConsoleSession, ConsoleViewer, NodeService } from '../ports/control-link.ts';
import { monitorTimeoutMs } from './agent-config.ts';
import { type AgentContext, allRuntimes, runtimeOf } from './agent-context.ts';
import { changeRecord } from './change-record.ts';
import { incarnationRef } from './observe-instance.ts';
import type { Reconciler } from './reconciler.ts';
import type { Reporter } from './report.ts';
import { type Slot, slotName } from './slot.ts';

/** An order that was just accepted reaches the node over the hanging pull within milliseconds; longer means it will not. */
const arrivalTimeoutMs = 2_000;

/** Most bytes of a log in one answer. */
const logBytesMax = 8 * 1024 * 1024;

export function createNodeService(ctx: AgentContext, reconciler: Reconciler, reporter: Reporter): NodeService {
  const slotOf = (uid: Uid): Slot => {
    const slot = ctx.slots.get(uid);
    if (slot?.desired == null) throw unknownTo(slot, uid);
    return slot;
  };

  const observed = (slot: Slot): ObservedInstance => {
    const observation = reporter.observe(slot);
    if (observation === null) throw noSuchInstance(slot.uid);
    return observation;
  };

  /** Waits until the node holds this generation of the instance. */
  const arrival = async (uid: Uid, generation: number, signal: AbortSignal): Promise<Slot> => {
    const limit = ctx.deps.clock.timeout(arrivalTimeoutMs, signal);
    for (;;) {
      const slot = ctx.slots.get(uid);
      if (slot?.desired != null && slot.desired.generation >= generation) return slot;
      signal.throwIfAborted();
      if (limit.aborted) throw unknownTo(slot, uid);
      await new Promise<void>((resolve) => {
        const done = () => {
          ctx.arrivals.delete(done);
          limit.removeEventListener('abort', done);
          resolve();
        };
        ctx.arrivals.add(done);
        limit.addEventListener('abort', done, { once: true });
      });
    }
  };

  return withinNode(ctx, {
    async converge(uid, generation, signal) {
      const slot = await arrival(uid, generation, signal);
      reconciler.wake(slot);
      await reconciler.rest(slot, signal);
      return observed(slot);
    },
    async reset(uid, signal) {
      const slot = slotOf(uid);
      await resetGuest(ctx, slot, signal);
      reconciler.wake(slot);
      await reconciler.rest(slot, signal);
      return observed(slot);
    },
    openConsole: (uid, scrollbackBytes, viewer, signal) =>
      openConsole(ctx, slotOf(uid), { scrollbackBytes, viewer }, signal),
    async readLog(uid, maxBytes) {
      const slot = ctx.slots.get(uid);
      const kind = slot?.record?.incarnation?.started.spec.runtime ?? slot?.desired?.spec.runtime;
      const runtime = kind === undefined ? null : runtimeOf(ctx, kind);
      const ref = { uid, name: slot === undefined ? uid : slotName(slot) };
      // Of a removed instance nothing says which runtime it had: the one that has its log does.
      for (const each of runtime === null ? allRuntimes(ctx) : [runtime]) {
        const log = await each.readLog(ref, Math.min(maxBytes, logBytesMax));
        if (log.length > 0) return log;
      }
      return new Uint8Array();
    },
  });
}

/** Errors nobody foresaw are logged here; their text, which may hold host paths, does not leave the node (spec S7). */
function withinNode(ctx: AgentContext, service: NodeService): NodeService {
  const guard = async <T>(verb: string, call: Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      // A caller that gave up, or is gone, is foreseen, and reads no answer.
      if (error instanceof Fault || signal.aborted) throw error;
      ctx.deps.log.error('a call of the control plane failed', { verb, message: String(error) });
      throw new Fault('internal', `Cannot carry out ${verb}: ${tellable(error)}`, { cause: error });
    }
  };
  return {
    converge: (uid, generation, signal) => guard('converge', service.converge(uid, generation, signal), signal),
    reset: (uid, signal) => guard('reset', service.reset(uid, signal), signal),
    openConsole: (uid, scrollbackBytes, viewer, signal) =>
      guard('open console', service.openConsole(uid, scrollbackBytes, viewer, signal), signal),
    readLog: (uid, maxBytes, signal) => guard('read log', service.readLog(uid, maxBytes, signal), signal),
  };
}

const noSuchInstance = (uid: Uid) =>
  new Fault('no_such_instance', `This node does not know the instance ${uid}`, { retry: 'later' });

/** Why this node cannot do what is asked of an instance whose order it does not have. */
function unknownTo(slot: Slot | undefined, uid: Uid): Fault {
  if (slot === undefined || slot.unreadable === null) return noSuchInstance(uid);
  const message = `Cannot carry out the order of VM "${slotName(slot)}", which its node cannot read: ${slot.unreadable}`;
  return new Fault('unreadable_order', message, { retry: 'later' });
}

const notRunning = (verb: string, slot: Slot) =>
  new Fault('not_running', `Cannot ${verb} VM "${slotName(slot)}": it is not running`, { retry: 'never' });

/** One `system_reset`; not an effect of the pass, since it changes no desired state. */
async function resetGuest(ctx: AgentContext, slot: Slot, signal: AbortSignal): Promise<void> {
  const incarnation = slot.record?.incarnation ?? null;
  const kind = incarnation?.state.kind;
  if (incarnation === null || (kind !== 'running' && kind !== 'paused')) throw notRunning('reset', slot);
  const runtime = runtimeOf(ctx, incarnation.started.spec.runtime);
  if (runtime === null) throw notRunning('reset', slot);
  // Durable before the reset, so that an agent that dies now does not take the boot for failing checks.
  await checkAnew(ctx, slot);
  try {
    await runtime.reset(incarnationRef(slot, incarnation), ctx.deps.clock.timeout(monitorTimeoutMs, signal));
  } finally {
    // What was asked meanwhile may have been answered by the guest as it was before.
    await checkAnew(ctx, slot);
  }
}

/** It boots anew: until its checks pass again they may fail as those of any boot. */
async function checkAnew(ctx: AgentContext, slot: Slot): Promise<void> {
  slot.resets += 1;
  slot.checks = null;
  await changeRecord(ctx, slot, (record) =>
    record.checksPassed.length === 0 ? record : { ...record, checksPassed: [] },
  );
  ctx.changed(slot);
}

async function openConsole(
  ctx: AgentContext,
  slot: Slot,
  request: { readonly scrollbackBytes: number; readonly viewer: ConsoleViewer },
  signal: AbortSignal,
): Promise<ConsoleSession> {
  const incarnation = slot.record?.incarnation ?? null;
  if (incarnation === null || !isLive(incarnation.state) || proofOf(incarnation.state) === null) {
    throw notRunning('open the console of', slot);
  }
  const runtime = runtimeOf(ctx, incarnation.started.spec.runtime);
  if (runtime === null) throw notRunning('open the console of', slot);
  const scrollback = Math.min(request.scrollbackBytes, logBytesMax);
  let open = true;
  const { viewer } = request;
  // The runtime skips output for a viewer whose `data` has not settled: a slow link never slows the guest.
  const attachment = await runtime.attachConsole(
    incarnationRef(slot, incarnation),
    scrollback,
    (bytes) => viewer.data(bytes),
    () => {
      open = false;
      viewer.closed('the guest is gone');
    },
  );
  const close = () => {
    if (!open) return;
    open = false;
    attachment.close();
  };
  if (signal.aborted) {
    close();
    throw signal.reason;
  }
  return {
    incarnationId: incarnation.id,
    historyBytes: attachment.historyBytes,
    write: async (bytes) => {
      if (!open) throw new Fault('not_running', 'Cannot write to the console: it is closed', { retry: 'never' });
      attachment.write(bytes);
    },
    close: () => close(),
  };
}
