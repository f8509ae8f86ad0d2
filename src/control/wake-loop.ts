/**
 * A background loop that takes no hints: waking it only says "look again" (architecture rule 4). Wakes while it works
 * are one more look; a step that throws is tried again after a pause, for ever.
 */
import { faultCode } from '../core/kit/fault.ts';
import { pauseUntil } from '../ports/pause.ts';
import type { ControlDeps } from './control-config.ts';

/** Pause after a step that threw: long enough for a store to recover, short enough that nobody notices. */
const retryPauseMs = 1_000;

export interface WakeLoop {
  wake(): void;
  /** Resolves when the step in progress has ended; no other one begins. */
  stop(): Promise<void>;
}

/** One reason for all: without one, each abort would make an error object with a stack. */
const wokenUp = 'woken up';

/** `step` returns when it wants to look again by itself (own clock), or null. It runs once at the start. */
export function startWakeLoop(
  { clock, log }: Pick<ControlDeps, 'clock' | 'log'>,
  name: string,
  step: (signal: AbortSignal) => Promise<number | null>,
): WakeLoop {
  const stopping = new AbortController();
  let due = true;
  let notify: (() => void) | null = null;

  const waitUntil = async (at: number | null): Promise<void> => {
    if (due || stopping.signal.aborted) return;
    const cancel = new AbortController();
    await new Promise<void>((resolve) => {
      notify = resolve;
      if (at === null) return;
      // At least a moment: a step that is due again and again must not keep everybody else from running.
      pauseUntil(clock, Math.max(at, clock.now() + 1), cancel.signal).then(resolve);
    });
    notify = null;
    cancel.abort(wokenUp);
  };

  const run = async (): Promise<void> => {
    let nextAt: number | null = null;
    while (!stopping.signal.aborted) {
      await waitUntil(nextAt);
      if (stopping.signal.aborted) return;
      due = false;
      try {
        nextAt = await step(stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted || faultCode(error) === 'store_closed') return;
        log.error(`Cannot finish a step of ${name}`, { code: faultCode(error), error: String(error) });
        nextAt = clock.now() + retryPauseMs;
      }
    }
  };

  const finished = run();
  return {
    wake() {
      due = true;
      notify?.();
    },
    async stop() {
      stopping.abort();
      notify?.();
      await finished;
    },
  };
}
