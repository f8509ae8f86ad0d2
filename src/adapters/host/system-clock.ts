import { uptime } from 'node:os';
import { Fault } from '../../core/kit/fault.ts';
import type { Clock } from '../../ports/clock.ts';

/** Node fires timers beyond this at once; longer waits are cut to it (24.8 days). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Real time. `bootMs` is CLOCK_BOOTTIME (os.uptime, 10 ms resolution): it counts suspend, which hrtime does not. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    bootMs: () => Math.round(uptime() * 1000),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(
          () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
          Math.min(Math.max(ms, 0), MAX_TIMER_MS),
        );
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    timeout: (ms, signal) => {
      const controller = new AbortController();
      if (signal?.aborted) {
        controller.abort(signal.reason);
        return controller.signal;
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          controller.abort(new Fault('deadline_exceeded', `Not done within ${ms} ms`));
        },
        Math.min(ms, MAX_TIMER_MS),
      );
      // A deadline must not keep a process alive that has nothing else to do.
      timer.unref();
      const onAbort = (): void => {
        clearTimeout(timer);
        controller.abort(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      return controller.signal;
    },
  };
}
