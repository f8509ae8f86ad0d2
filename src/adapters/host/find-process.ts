import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FoundProcess } from '../../ports/host.ts';
import { readArgv, readProcStat, readUser } from './proc-stat.ts';
import { isAlive } from './prove-process.ts';

/**
 * Reads the pid file of a start whose answer was lost: pid, start time and boot id, written by the exec chain.
 * An unfinished line means that the chain died before it executed anything.
 */
export function findProcess(bootId: string, dir: string): FoundProcess {
  let text: string;
  try {
    text = readFileSync(join(dir, 'pid'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'none' };
    throw error;
  }
  const [pid, startTime, writtenBootId] = text.trim().split(' ');
  const proof = { pid: Number(pid), startTime: Number(startTime), bootId: writtenBootId ?? '' };
  if (!text.endsWith('\n') || proof.bootId !== bootId) return { kind: 'ended', pid: proof.pid || 0 };
  // Command line and user are read before life is proven: what is alive after that is the process they were read of.
  const argv = readArgv(proof.pid) ?? [];
  const user = readUser(proof.pid) ?? null;
  if (!isAlive(readProcStat(proof.pid), proof)) return { kind: 'ended', pid: proof.pid };
  return { kind: 'found', proof, argv, user };
}
