import { readFileSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface TempFile {
  readonly path: string;
  readonly handle: FileHandle;
}

const NAME = /^([0-9a-f]{8})-(\d+)-(\d+)-\d+\.part$/;

/**
 * Temporary files that name their owner: boot, pid and start time of the process. So a later life can tell a file
 * somebody still writes from one whose writer is dead, even when the pid was given to another process.
 */
export class TempFiles {
  readonly #dir: string;
  readonly #owner: string;
  #made = 0;

  constructor(dir: string) {
    this.#dir = dir;
    const boot = bootOf(readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'));
    this.#owner = `${boot}-${process.pid}-${startTimeOf(readFileSync('/proc/self/stat', 'latin1'))}`;
  }

  async create(): Promise<TempFile> {
    for (;;) {
      this.#made += 1;
      const path = join(this.#dir, `${this.#owner}-${this.#made}.part`);
      const handle = await openNew(path);
      if (handle !== null) return { path, handle };
    }
  }

  /** Removes the files of dead owners; answers how many. Names that are not ours are left alone. */
  async removeAbandoned(signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#dir)) {
      signal.throwIfAborted();
      const match = NAME.exec(name);
      if (match === null || (await this.#isAlive(match))) continue;
      await rm(join(this.#dir, name), { force: true });
      removed += 1;
    }
    return removed;
  }

  async #isAlive(match: RegExpExecArray): Promise<boolean> {
    const [, boot, pid, startTime] = match;
    if (!this.#owner.startsWith(`${boot}-`)) return false;
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
    return stat !== undefined && startTimeOf(stat) === startTime;
  }
}

/** Null: the file is there already, of another cache of this process. */
async function openNew(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'wx+', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  }
}

const bootOf = (bootId: string): string => bootId.slice(0, 8);

/**
 * Field 22 of a `stat` file: clock ticks from boot to the start of the process. The name before it may hold
 * anything.
 */
const startTimeOf = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
