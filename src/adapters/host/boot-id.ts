import { readFileSync } from 'node:fs';

/** The kernel's id of the current boot: pids and start times of another boot prove nothing (spec F4). */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
