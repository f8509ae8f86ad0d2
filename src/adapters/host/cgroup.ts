import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { invariant } from '../../core/kit/exhaustive.ts';

/**
 * How long an emptied cgroup may stay busy before giving up on removing it: the kernel frees members after their
 * exit.
 */
const REMOVE_TIMEOUT_MS = 2_000;

/**
 * A place where the agent may make cgroups of its own: below its own cgroup, so that limits set on the agent hold for
 * all.
 */
export interface CgroupRoot {
  readonly version: 1 | 2;
  readonly dir: string;
}

export interface Cgroups {
  /**
   * Makes the cgroup in every hierarchy that lets us and moves the process into it. In the kernel the first move after a
   * pause waits for a grace period (5 to 25 ms), so nothing that is in a hurry should wait for this. Throws what the kernel
   * says; a process that is gone needs no cgroup.
   */
  join(name: string, pid: number): Promise<void>;
  /** Whether the process is in it, or there is none it could be in. */
  holds(name: string, pid: number): boolean;
  oomKilled(name: string): boolean;
  remove(name: string): Promise<void>;
}

/**
 * Hierarchies that are of use: version 2 (its `cgroup.events` tells of exits) and the version 1 memory controller (it
 * counts kills for lack of memory on hybrid hosts). Empty where nothing is writable.
 */
export function findCgroupRoots(): readonly CgroupRoot[] {
  const own = new Map(
    readFileSync('/proc/self/cgroup', 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'))
      .map(([, controllers, ...path]) => [controllers ?? '', path.join(':')]),
  );
  const roots: CgroupRoot[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [left, right] = line.split(' - ');
    const mountPoint = left?.split(' ')[4];
    const [type, , options] = right?.split(' ') ?? [];
    if (mountPoint === undefined) continue;
    if (type === 'cgroup2') addRoot(roots, 2, mountPoint, own.get(''));
    if (type === 'cgroup' && options?.split(',').includes('memory')) {
      addRoot(roots, 1, mountPoint, [...own].find(([names]) => names.split(',').includes('memory'))?.[1]);
    }
  }
  return roots;
}

function addRoot(roots: CgroupRoot[], version: 1 | 2, mountPoint: string, path: string | undefined): void {
  const dir = `${mountPoint}${path === '/' || path === undefined ? '' : path}`;
  if (path !== undefined && !roots.some((root) => root.version === version) && existsSync(dir)) {
    roots.push({ version, dir });
  }
}

export function createCgroups(roots: readonly CgroupRoot[]): Cgroups {
  const dirs = (name: string): readonly { readonly version: 1 | 2; readonly dir: string }[] => {
    invariant(/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name), `"${name}" is a cgroup name`);
    return roots.map((root) => ({ version: root.version, dir: `${root.dir}/${name}` }));
  };
  for (const root of roots) delegateMemory(root);
  return {
    async join(name, pid) {
      for (const { dir } of dirs(name)) if (makeDir(dir)) await move(pid, dir);
    },
    holds(name, pid) {
      const memberships = readOrEmpty(`/proc/${pid}/cgroup`).split('\n');
      return roots.length === 0 || memberships.some((line) => line.endsWith(`/${name}`));
    },
    oomKilled: (name) =>
      dirs(name).some(({ version, dir }) => {
        const text = readOrEmpty(`${dir}/${version === 2 ? 'memory.events' : 'memory.oom_control'}`);
        return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
      }),
    async remove(name) {
      for (const { dir } of dirs(name)) await removeDir(dir);
    },
  };
}

/**
 * Version 2 counts memory events in children only after this; refused where the agent sits in the cgroup itself, then
 * there is no count.
 */
function delegateMemory(root: CgroupRoot): void {
  if (root.version !== 2 || !readOrEmpty(`${root.dir}/cgroup.controllers`).includes('memory')) return;
  try {
    writeFileSync(`${root.dir}/cgroup.subtree_control`, '+memory');
  } catch {
    // Not ours to give: no OOM cause in failure reasons, everything else works.
  }
}

function makeDir(dir: string): boolean {
  try {
    mkdirSync(dir, { mode: 0o755, recursive: false });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}

async function move(pid: number, dir: string): Promise<void> {
  try {
    await writeFile(`${dir}/cgroup.procs`, String(pid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function removeDir(dir: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 20) {
    try {
      rmdirSync(dir);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || waitedMs >= REMOVE_TIMEOUT_MS) throw error;
      await sleep(20);
    }
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
