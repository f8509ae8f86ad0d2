import { type BackoffPolicy, backoffDelayMs } from '../core/kit/backoff.ts';
import { faultCode, tellable } from '../core/kit/fault.ts';
import { pause } from '../ports/pause.ts';
import { fullReportMs } from './agent-config.ts';
import type { AgentContext } from './agent-context.ts';
import { collectImages } from './collect-images.ts';
import { dropOldLogs } from './drop-old-logs.ts';
import type { JournalImage } from './journal/journal.ts';
import type { Reconciler } from './reconciler.ts';
import type { Reporter } from './report.ts';
import { scanRuntimes } from './scan-runtimes.ts';
import { settleBoot } from './settle-boot.ts';
import { orderOf } from './unassigned-policy.ts';

/** A scan that fails is repeated until it succeeds: nothing is started before (spec F4). */
const scanBackoff: BackoffPolicy = { baseMs: 1_000, maxMs: 30_000, jitter: 0.2 };

export interface Scanning {
  readonly ctx: AgentContext;
  /** What the last life left behind. */
  readonly image: JournalImage;
  readonly reconciler: Reconciler;
  readonly reporter: Reporter;
  /** Told how to make the next scan come at once. */
  readonly onWaiting: (scanNow: () => void) => void;
}

/** Scans the host at once, then as often as a full report is sent, and when somebody asks; wakes what it is about. */
export async function keepScanned(
  { ctx, image, reconciler, reporter, onWaiting }: Scanning,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = ctx.deps;
  let failures = 0;
  let bootSettled = false;
  while (!signal.aborted) {
    // Set before the scan: whoever asks during it may have seen something that it had already passed.
    const awake = new AbortController();
    onWaiting(() => awake.abort(null));
    try {
      if (!bootSettled) await settleBoot(ctx, image);
      bootSettled = true;
      const first = !ctx.scanned;
      await scanRuntimes(ctx, signal);
      failures = 0;
      wakeInBootOrder(ctx, reconciler, first);
      reporter.rescanned();
      await collectImages(ctx, signal);
      await dropOldLogs(ctx, signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const what = 'Cannot find out what runs on this node';
      log.error(what, { code: faultCode(error), message: String(error) });
      if (failures === 1) ctx.events.add(null, 'scan_failed', `${what}: ${tellable(error)}`);
    }
    const delayMs = failures === 0 ? fullReportMs : backoffDelayMs(scanBackoff, failures, random.next());
    await pause(clock, delayMs, AbortSignal.any([signal, awake.signal]));
  }
}

/** After a scan: all at first, in their declared order (spec §2 `boot_order`); later those it found something new about. */
function wakeInBootOrder(ctx: AgentContext, reconciler: Reconciler, all: boolean): void {
  const slots = [...ctx.slots.values()].filter(
    (slot) => orderOf(ctx, slot) !== null && (all || slot.found !== null || slot.desired === null),
  );
  slots.sort((a, b) => (a.desired?.spec.bootOrder ?? 0) - (b.desired?.spec.bootOrder ?? 0));
  for (const slot of slots) if (slot.loop === null) reconciler.wake(slot);
}
