/**
 * A file that has its name only once it is whole and durable: written beside it under a name of its own, then linked. Whoever
 * is killed midway leaves that other name, which the next one that gets through takes away.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { link, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../core/kit/fault.ts';

export const existsFault = (file: string): Fault =>
  new Fault('backup_exists', `Cannot write ${file}: it exists already`);

/**
 * Writes what `source` has to a new file and answers how many bytes that are. `id` is unique. Faults: `backup_exists`,
 * `backup_failed`; where the signal aborts, its reason.
 */
export async function writeWhole(
  file: string,
  source: AsyncIterable<Uint8Array>,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal },
): Promise<number> {
  const partial = `${file}.${id}.partial`;
  const target = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
  let isPublished = false;
  try {
    await pipeline(source, target, { signal });
    await publish(partial, file);
    isPublished = true;
    await dropLeftOver(file);
    await syncName(file);
    return target.bytesWritten;
  } catch (error) {
    await rm(partial, { force: true });
    signal.throwIfAborted();
    // Another one of the same name was faster.
    if (!isPublished && existsSync(file)) throw existsFault(file);
    throw new Fault('backup_failed', `Cannot write ${file}: ${whyNot(error, file)}`);
  }
}

/** Unlike a rename, a link never takes the place of a file that came meanwhile. */
async function publish(partial: string, file: string): Promise<void> {
  try {
    await link(partial, file);
    await rm(partial);
  } catch (error) {
    if (!cannotLink.includes(String((error as NodeJS.ErrnoException).code)) || existsSync(file)) throw error;
    await rename(partial, file);
  }
}

/** In words: those of the system name the file that is written beside it. */
function whyNot(error: unknown, file: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return `there is no directory ${dirname(file)}`;
    case 'ENOTDIR':
      return `${dirname(file)} is no directory`;
    case 'EACCES':
    case 'EPERM':
      return `you may not write to ${dirname(file)}`;
    case 'EROFS':
      return 'its file system is read-only';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** What file systems without hard links say. */
const cannotLink: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

async function dropLeftOver(file: string): Promise<void> {
  const begin = `${basename(file)}.`;
  for (const name of await namesIn(dirname(file))) {
    const id = name.startsWith(begin) ? name.slice(begin.length) : '';
    if (/^[0-9a-f-]{36}[.]partial$/.test(id)) await rm(join(dirname(file), name), { force: true });
  }
}

/** None of a directory that may be written to but not read: what is left over there stays. */
async function namesIn(dir: string): Promise<readonly string[]> {
  return await readdir(dir).catch((error: unknown) => {
    if (isUnreadable(error)) return [];
    throw error;
  });
}

const isUnreadable = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EACCES';

/**
 * Makes the name durable. A directory that may not be read cannot be synced: then the file is, once more, with which the
 * file systems in use write its new name too.
 */
async function syncName(file: string): Promise<void> {
  const handle = await open(dirname(file), 'r').catch((error: unknown) => {
    if (isUnreadable(error)) return open(file, 'r');
    throw error;
  });
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
