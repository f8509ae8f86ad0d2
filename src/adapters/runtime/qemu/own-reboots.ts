import type { Clock } from '../../../ports/clock.ts';

/** SeaBIOS resets once more 0.1 s after each reset; on a busy host that is late. */
const firmwareWaitsMs = 10_000;

/** It tries one way to reset after the other, and more than one may have its effect. No guest has booted so soon after. */
const firmwareTriesMs = 2_000;

/**
 * Tells a reboot that the guest wished from the reset that its firmware adds to each one, which reads the same: after a reset the
 * first of them is the firmware's, with those that follow it closely; any other is the guest's, however soon it comes. To be asked about
 * every reset; `byGuest`: the guest's side wished it, which its firmware is part of.
 */
export function createOwnReboots(clock: Pick<Clock, 'bootMs'>): (byGuest: boolean) => boolean {
  let firmwareUntil = Number.NEGATIVE_INFINITY;
  return (byGuest) => {
    const now = clock.bootMs();
    if (byGuest && now < firmwareUntil) {
      firmwareUntil = Math.min(firmwareUntil, now + firmwareTriesMs);
      return false;
    }
    firmwareUntil = now + firmwareWaitsMs;
    return byGuest;
  };
}
