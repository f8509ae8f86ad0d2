import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';

/** Real time for the tests of this room; the one of the product is wired in by its composition root. */
export const testClock: Clock = {
  now: () => Date.now(),
  bootMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { ref: true, ...(signal === undefined ? {} : { signal }) }).catch((error: unknown) => {
      throw signal?.aborted === true ? signal.reason : error;
    });
  },
  timeout: (ms, signal) => {
    const controller = new AbortController();
    const expired = new Fault('deadline_exceeded', `Nothing happened within ${ms} ms`);
    testClock.sleep(ms, signal).then(
      () => controller.abort(expired),
      (reason: unknown) => controller.abort(reason),
    );
    return controller.signal;
  },
};
