import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

/** The machine and how busy it was, in words that name no machine. */
export function describeConditions(loadBefore: number): string {
  const model =
    cpus()[0]
      ?.model.replaceAll(/\((R|TM)\)|CPU|Processor/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim() ?? 'unknown';
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  const linux = readFileSync('/proc/sys/kernel/osrelease', 'utf8').split(/[.-]/).slice(0, 2).join('.');
  const day = new Date().toISOString().slice(0, 10);
  const load = `load average ${loadBefore.toFixed(1)} before, ${loadNow().toFixed(1)} after`;
  return `${day}; ${cpus().length} cores (${model}), ${memoryGib} GiB, Linux ${linux}, Node ${process.version}; ${load}`;
}

/** Runnable processes, averaged over the last minute. */
export const loadNow = (): number => loadavg()[0] ?? 0;
