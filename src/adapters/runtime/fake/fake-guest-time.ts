import type { Clock } from '../../../ports/clock.ts';

/** Time as a guest feels it: steps happen only while it executes, and those of an earlier boot never. */
export interface GuestTime {
  later(ms: number, step: () => void): void;
  /** Runs what came due while the guest did not execute. */
  catchUp(): void;
  /** Forgets every step: a boot anew, or the end. */
  forget(): void;
}

export function createGuestTime(clock: Clock, runs: () => boolean): GuestTime {
  let epoch = 0;
  let deferred: (() => void)[] = [];
  return {
    later(ms, step) {
      const own = epoch;
      const run = (): void => {
        if (own !== epoch) return;
        if (runs()) step();
        else deferred.push(run);
      };
      void clock.sleep(ms).then(run);
    },
    catchUp() {
      if (!runs()) return;
      const steps = deferred;
      deferred = [];
      for (const step of steps) step();
    },
    forget() {
      epoch += 1;
      deferred = [];
    },
  };
}
