import type { Clock } from '../../../ports/clock.ts';
import type { RebootBy } from '../../../ports/runtime.ts';

/** SeaBIOS resets once more 0.1 s after each reset; on a busy host that is late. */
const firmwareWaitsMs = 10_000;

/** It tries one way to reset after the other, and more than one may have its effect. No guest has booted so soon after. */
const firmwareTriesMs = 2_000;

/** QEMU carries a reset out, and tells of it, as it answers; two that were ordered in one moment may be one. */
const orderWaitsMs = 10_000;

export interface OwnReboots {
  /** A reset is ordered by the agent. */
  ordered(): void;
  /** To be asked about every reset; `byGuest`: the guest's side wished it, which its firmware is part of. Null: nothing to tell. */
  heard(byGuest: boolean): RebootBy | null;
}

/**
 * Tells a reboot that the guest wished from the reset that its firmware adds to each one, which reads the same: after a reset the
 * first of them is the firmware's, with those that follow it closely; any other is the guest's, however soon it comes. And tells a
 * reset that the agent ordered from one by hand.
 */
export function createOwnReboots(clock: Pick<Clock, 'bootMs'>): OwnReboots {
  let firmwareUntil = Number.NEGATIVE_INFINITY;
  let orderedUntil = Number.NEGATIVE_INFINITY;
  return {
    ordered() {
      orderedUntil = clock.bootMs() + orderWaitsMs;
    },
    heard(byGuest) {
      const now = clock.bootMs();
      if (byGuest && now < firmwareUntil) {
        firmwareUntil = Math.min(firmwareUntil, now + firmwareTriesMs);
        return null;
      }
      firmwareUntil = now + firmwareWaitsMs;
      if (byGuest) return 'guest';
      const ordered = now < orderedUntil;
      orderedUntil = Number.NEGATIVE_INFINITY;
      return ordered ? null : 'hand';
    },
  };
}
