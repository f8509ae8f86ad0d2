import { readFileSync } from 'node:fs';
import type { ProcessProof } from '../../core/instance/process.ts';
import { readProcStat } from './proc-stat.ts';
import { isAlive } from './prove-process.ts';

/** USER_HZ: fixed at 100 in the ABI of every architecture Node runs on. */
const MS_PER_TICK = 10;

/** CPU time used and resident memory of the proven process; undefined when it is gone. */
export function usage(
  bootId: string,
  proof: ProcessProof,
): { readonly cpuMs: number; readonly rssMib: number } | undefined {
  const stat = proof.bootId === bootId ? readProcStat(proof.pid) : undefined;
  if (!isAlive(stat, proof)) return undefined;
  try {
    const status = readFileSync(`/proc/${proof.pid}/status`, 'latin1');
    const rssKib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    return { cpuMs: stat.cpuTicks * MS_PER_TICK, rssMib: Math.round(rssKib / 1024) };
  } catch {
    return undefined;
  }
}
