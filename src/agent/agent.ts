/**
 * The agent of one node: pulls its assignment, makes it true, and says what is (spec §3). Everything it must know after a
 * crash is in the journal or on the host: `createAgent` again over the same journal is a restart.
 *
 *   journal ──► slots ──scan──► loops (observe → classify → decide → perform) ──► report
 *                 ▲                                                                 │
 *                 └───────────── assignment (hanging pull) ◄── control link ◄───────┘
 */

import { Fault } from '../core/kit/fault.ts';
import type { NodeHello } from '../ports/control-link.ts';
import type { RuntimeCapabilities } from '../ports/runtime.ts';
import { type AgentConfig, type AgentDeps, preparingMax } from './agent-config.ts';
import { type AgentContext, allRuntimes } from './agent-context.ts';
import { createEvents } from './events.ts';
import { createHealthChecks } from './health-checks.ts';
import { createJournal, type JournalImage } from './journal/journal.ts';
import { keepScanned } from './keep-scanned.ts';
import { createLimiter } from './limiter.ts';
import { createNodeService } from './node-service.ts';
import { keepConnected } from './pull-assignment.ts';
import { Reconciler } from './reconciler.ts';
import { Reporter } from './report.ts';
import { newSlot, type Slot } from './slot.ts';
import { createWakeQueue } from './wake-queue.ts';

export interface Agent {
  /** Works until the signal aborts. Instances live on. Faults: `journal_corrupt`. */
  run(signal: AbortSignal): Promise<void>;
  /** One regular pass now, for tests and benchmarks; resolves when it has come to rest. */
  pass(): Promise<void>;
}

export function createAgent(deps: AgentDeps, config: AgentConfig): Agent {
  const stopped = new AbortController();
  let scanSoon: () => void = () => undefined;
  const reporter = new Reporter(() => ctx);
  const reconciler = new Reconciler(() => ctx, stopped.signal);
  const health = createHealthChecks(() => ctx, stopped.signal);
  const ctx: AgentContext = {
    deps,
    config,
    journal: createJournal(deps.journal),
    events: createEvents(deps.clock, () => reporter.soon()),
    slots: new Map(),
    preparing: createLimiter(preparingMax),
    starts: createLimiter(Math.max(1, deps.host.cores)),
    startsMovedAt: 0,
    clusterId: null,
    refused: new Set(),
    at: null,
    taken: [],
    unreadable: [],
    rereads: false,
    scanned: false,
    changed: (slot) => {
      health.follow(slot);
      reporter.changed(slot);
    },
    wake: (slot) => reconciler.wake(slot),
    rescan: () => scanSoon(),
    wakes: createWakeQueue(deps.clock),
    arrivals: new Set(),
  };

  return {
    pass: () => reconciler.pass(),
    async run(signal) {
      const onAbort = () => stopped.abort(signal.reason ?? new Fault('cancelled', 'The agent was told to stop'));
      if (signal.aborted) return;
      signal.addEventListener('abort', onAbort, { once: true });
      const image = ctx.journal.load();
      load(ctx, image);
      const node = createNodeService(ctx, reconciler, reporter);
      await Promise.all([
        reconciler.run(stopped.signal),
        keepScanned(
          {
            ctx,
            image,
            reconciler,
            reporter,
            onWaiting: (scanNow) => {
              scanSoon = scanNow;
            },
          },
          stopped.signal,
        ),
        keepConnected({ ctx, reporter, node, hello: helloOf(ctx, stopped.signal) }, stopped.signal),
      ]);
      await Promise.all([...ctx.slots.values()].flatMap(({ loop, fetch }) => [loop, fetch?.ended]));
    },
  };
}

/** What the last life left in the journal. Damaged rows are told, and mended by the scan that follows. */
function load(ctx: AgentContext, image: JournalImage): void {
  ctx.clusterId = image.clusterId;
  ctx.at = image.at;
  const slotOf = (uid: Slot['uid']): Slot => {
    const slot = ctx.slots.get(uid) ?? newSlot(uid);
    ctx.slots.set(uid, slot);
    return slot;
  };
  for (const desired of image.desired) slotOf(desired.uid).desired = desired;
  for (const { uid, because } of image.unreadable) slotOf(uid).unreadable = because;
  ctx.unreadable = image.unreadable.map(({ uid }) => uid);
  ctx.rereads = image.unreadable.length > 0;
  for (const record of image.records) {
    const slot = slotOf(record.uid);
    slot.record = record;
    slot.durable = record;
  }
  for (const { key, uid, because } of image.damaged) {
    const message = `The journal row "${key}" is damaged (${because}); the host is scanned before anything is started`;
    ctx.deps.log.error(message);
    ctx.events.add(uid, 'journal_corrupt', message);
  }
}

/** What the node says of itself now; a runtime that does not say what it can is known by what it said before. */
function helloOf(ctx: AgentContext, signal: AbortSignal): () => Promise<Omit<NodeHello, 'session' | 'clusterId'>> {
  const known = new Map<object, RuntimeCapabilities>();
  return async () => {
    for (const runtime of allRuntimes(ctx)) {
      try {
        known.set(runtime, await runtime.capabilities(signal));
      } catch (error) {
        // One that has never said what it is is left out. All are asked again at the next connection.
        ctx.deps.log.error('a runtime does not tell its capabilities', { message: String(error) });
      }
    }
    return {
      node: ctx.config.node,
      agentVersion: ctx.config.agentVersion,
      bootId: ctx.deps.host.bootId,
      capacity: ctx.config.capacity,
      runtimes: [...known.values()].map(({ kind, version, accel, accelBecause }) => ({
        kind,
        version,
        accel,
        accelBecause,
      })),
    };
  };
}
