import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessProof } from '../../core/instance/process.ts';
import type { ProcessLife } from '../../ports/host.ts';
import type { Children } from './children.ts';
import { type ProcStat, readProcStat } from './proc-stat.ts';

/** A dead child is reaped by the event loop's next turns; after this its exit is reported as unknown. */
const REAP_TIMEOUT_MS = 500;

/** F4: pid + start time + boot id. A zombie is dead. Anything that cannot be read is inconclusive (F2). */
export async function proveProcess(bootId: string, children: Children, proof: ProcessProof): Promise<ProcessLife> {
  if (proof.bootId !== bootId) return { life: 'dead', exit: { kind: 'unknown' } };
  let stat: ProcStat | undefined;
  try {
    stat = readProcStat(proof.pid);
  } catch (error) {
    return { life: 'inconclusive', because: `Cannot read the process table: ${(error as Error).message}` };
  }
  if (isAlive(stat, proof)) return { life: 'alive' };
  const child = children.get(proof.pid, proof.startTime);
  if (child !== undefined && child.exit === undefined) {
    const reaped = new AbortController();
    void child.ended.then(() => reaped.abort());
    await sleep(REAP_TIMEOUT_MS, undefined, { signal: reaped.signal }).catch(() => undefined);
  }
  return { life: 'dead', exit: child?.exit ?? { kind: 'unknown' } };
}

/**
 * Whether this reading of /proc is the proven process, alive. One whose first thread has ended reads as a zombie while its
 * other threads go on: a hypervisor that was taken over would pass for dead that way.
 */
export function isAlive(stat: ProcStat | undefined, proof: ProcessProof): stat is ProcStat {
  if (stat === undefined || stat.startTime !== proof.startTime || stat.state === 'X') return false;
  return stat.state !== 'Z' || stat.threads > 1;
}
