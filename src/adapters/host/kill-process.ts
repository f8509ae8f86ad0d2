import type { ProcessProof } from '../../core/instance/process.ts';
import { readProcStat } from './proc-stat.ts';
import { isAlive } from './prove-process.ts';

/**
 * Signals the proven process and no other: the proof is read in the same turn as the signal is sent, and a pid is not
 * given out again before its zombie was reaped. False when it was already dead.
 */
export function killProcess(bootId: string, proof: ProcessProof, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  if (proof.bootId !== bootId || !isAlive(readProcStat(proof.pid), proof)) return false;
  try {
    process.kill(proof.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
