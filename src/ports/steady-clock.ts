/**
 * Wall time that a process can measure by. Somebody sets the clock of a host, or its battery is dead at boot: a wall clock
 * that jumps by hours would end every grace time at once, or make a backoff of seconds last until tomorrow. Corrections are
 * therefore worked in gradually; small ones, as time synchronisation makes all day, are followed at once.
 */
import type { Clock } from './clock.ts';

/** Corrections up to this are followed at once: no deadline is so short that they matter. */
const followedMs = 1_000;

/** A larger correction is worked in with this share of the time that passes, so no duration is wrong by more than that. */
const slewShare = 0.2;

/** The wall clock is compared with the time since boot this often; a jump forward of less is followed as well. */
const compareEveryMs = 250;

export interface SteadyClock extends Clock {
  /** Time was this once: the clock of this process never shows an earlier one, whatever the host's says. */
  notBefore(ms: number): void;
}

export function createSteadyClock(clock: Clock): SteadyClock {
  let comparedAt = Number.NEGATIVE_INFINITY;
  /** Wall time at boot, as this process holds it. */
  let offset: number | null = null;
  /** What is to be added to the host's wall clock until the next comparison. */
  let correction = 0;
  let bootAtComparison = 0;

  const compare = (wall: number): void => {
    const boot = clock.bootMs();
    const wanted = wall - boot;
    const known = offset ?? wanted;
    const error = wanted - known;
    const room = (boot - bootAtComparison) * slewShare;
    offset = Math.abs(error) <= followedMs ? wanted : known + Math.max(-room, Math.min(room, error));
    comparedAt = wall;
    bootAtComparison = boot;
    correction = Math.round(boot + offset - wall);
  };

  return {
    now() {
      const wall = clock.now();
      if (wall < comparedAt || wall >= comparedAt + compareEveryMs) compare(wall);
      return wall + correction;
    },
    notBefore(ms) {
      const wall = clock.now();
      compare(wall);
      const behind = ms - (wall + correction);
      if (behind <= 0) return;
      offset = (offset ?? 0) + behind;
      correction += behind;
    },
    bootMs: () => clock.bootMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    timeout: (ms, signal) => clock.timeout(ms, signal),
  };
}
