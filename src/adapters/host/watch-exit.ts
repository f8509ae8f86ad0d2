import { type FSWatcher, readFileSync, watch } from 'node:fs';
import type { ProcessProof } from '../../core/instance/process.ts';
import type { CgroupRoot } from './cgroup.ts';
import type { Children } from './children.ts';
import { readProcStat } from './proc-stat.ts';
import { isAlive } from './prove-process.ts';

/**
 * Exits must be seen within 100 ms (spec S18); a look costs 17 µs, so 1,000 watched processes cost a third of a core
 * at most.
 */
const POLL_MS = 50;
/** After the cgroup emptied, the process may be readable as alive for some milliseconds. */
const RECHECK_MS = 5;

export interface ExitWatcher {
  watch(proof: ProcessProof, onExit: () => void): { close(): void };
}

interface Watched {
  readonly proof: ProcessProof;
  readonly onExit: () => void;
  readonly events: FSWatcher | undefined;
  done: boolean;
}

/**
 * Wakes when a process ends: by the `exit` event for own children, by inotify on the `cgroup.events` of its own
 * cgroup for adopted ones (4 ms), by looking every 50 ms where it has no cgroup of its own. Each is only a wake-up;
 * the proof is /proc.
 */
export function createExitWatcher(bootId: string, children: Children, roots: readonly CgroupRoot[]): ExitWatcher {
  const polled = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  const look = (watched: Watched): void => {
    if (watched.done || isAliveNow(bootId, watched.proof)) return;
    finish(watched);
    watched.onExit();
  };
  const finish = (watched: Watched): void => {
    watched.done = true;
    watched.events?.close();
    polled.delete(watched);
    if (polled.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const poll = (watched: Watched): void => {
    if (watched.done) return;
    polled.add(watched);
    timer ??= setInterval(() => [...polled].forEach(look), POLL_MS).unref();
  };
  const lookUntilGone = (watched: Watched, turns: number): void => {
    look(watched);
    if (watched.done) return;
    if (turns === 0) poll(watched);
    else setTimeout(() => lookUntilGone(watched, turns - 1), RECHECK_MS).unref();
  };

  return {
    watch(proof, onExit) {
      const eventsFile = proof.bootId === bootId ? findEventsFile(proof.pid, roots) : undefined;
      const child = children.get(proof.pid, proof.startTime);
      const watched: Watched = {
        proof,
        onExit,
        done: false,
        events: eventsFile === undefined ? undefined : watchFile(eventsFile, () => lookUntilGone(watched, 4)),
      };
      if (child !== undefined) void child.ended.then(() => lookUntilGone(watched, 4));
      else if (watched.events === undefined) poll(watched);
      // It may have ended before the watch began; never from inside this call.
      queueMicrotask(() => look(watched));
      return { close: () => finish(watched) };
    },
  };
}

function isAliveNow(bootId: string, proof: ProcessProof): boolean {
  if (proof.bootId !== bootId) return false;
  try {
    return isAlive(readProcStat(proof.pid), proof);
  } catch {
    return true;
  }
}

/**
 * The `cgroup.events` of the version 2 cgroup the process is in, if that is one made for it: a shared one says
 * nothing of it.
 */
function findEventsFile(pid: number, roots: readonly CgroupRoot[]): string | undefined {
  const root = roots.find(({ version }) => version === 2);
  if (root === undefined) return undefined;
  try {
    const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    if (path === undefined || own === undefined || path === own || path === '/') return undefined;
    const mountPoint = own === '/' ? root.dir : root.dir.slice(0, root.dir.length - own.length);
    return `${mountPoint}${path}/cgroup.events`;
  } catch {
    return undefined;
  }
}

function watchFile(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on('error', onChange);
    return watcher;
  } catch {
    return undefined;
  }
}
