import { readFileSync } from 'node:fs';

/** What /proc/PID/stat says of a process. */
export interface ProcStat {
  /** One letter: R S D T Z X …; of the first thread. */
  readonly state: string;
  /** Threads that are left, the first one counted also when it has ended. */
  readonly threads: number;
  /** Field 22: clock ticks after boot. */
  readonly startTime: number;
  /** CPU time, user and system, in clock ticks (100 a second on every Linux ABI). */
  readonly cpuTicks: number;
}

/** Reads /proc/PID/stat; undefined when there is no such process. Throws on any other failure. */
export function readProcStat(pid: number): ProcStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  return parseProcStat(text);
}

/** The command name may hold blanks and parentheses, so fields are counted from the last `)`. */
function parseProcStat(text: string): ProcStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '?',
    threads: Number(fields[17]),
    startTime: Number(fields[19]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
  };
}

/**
 * Arguments of a process; undefined when it is gone or a zombie, or has none. They lie in its own memory: it can make them
 * say anything, or nothing.
 */
export function readArgv(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return text === '' ? undefined : text.replace(/\0$/, '').split('\0');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The user a process runs under, whatever it says of itself; undefined when it is gone. */
export function readUser(pid: number): number | undefined {
  try {
    const user = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return user === undefined ? undefined : Number(user);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ESRCH';
}
