import { readFileSync } from 'node:fs';

/** The rate of this host's time stamp counter; null where the kernel does not tell it. */
export function hostTscKhz(): number | null {
  try {
    return parseTscKhz(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Linux on x86 sets its delay loops by the counter, two a tick: `bogomips` is twice the rate in MHz, to a few parts in a
 * million. `cpu MHz` is not: it follows the load. Without `constant_tsc` the rate is none to rely on.
 */
export function parseTscKhz(cpuinfo: string): number | null {
  if (!/^flags\s*:.*\bconstant_tsc\b/m.test(cpuinfo)) return null;
  const bogomips = Number(/^bogomips\s*:\s*([\d.]+)/m.exec(cpuinfo)?.[1] ?? 0);
  return bogomips > 0 ? Math.round(bogomips * 500) : null;
}
