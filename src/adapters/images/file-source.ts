import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageUnavailable, systemCode } from './image-faults.ts';
import type { ImageSource } from './image-source.ts';
import type { ImageUrl } from './image-url.ts';

/** Bytes read at once: large enough for a fast disk, small enough that hashing one chunk does not stall the agent. */
const READ_BYTES = 256 * 1024;

/**
 * Opens a `file:` URL below one of `imageDirs` (spec §10). Symlinks are resolved before the check, and the file that
 * was opened is checked once more by the name the kernel has for it, so that a link exchanged in between gains
 * nothing. A file outside is refused in the same words whether it exists or not. Fault: `image_unavailable`.
 */
export async function openFileSource(image: ImageUrl, imageDirs: readonly string[]): Promise<ImageSource> {
  const { shown } = image;
  const refuse = (reason: string, text: string) =>
    imageUnavailable(`Cannot read image "${shown}": ${text}`, { url: shown, reason });
  const outside = () =>
    refuse('outside_image_dirs', 'it is not below an allowed image directory of the node (set with --image-dir)');

  const path = pathOf(image.url);
  if (path === undefined) throw refuse('path', 'its path holds an encoded slash or a NUL');
  const dirs = await realDirs(imageDirs);
  const lexical = isBelow(path, [...dirs, ...imageDirs.map((dir) => resolve(dir))]);
  const real = await realpath(path).catch((error: unknown) => {
    if (!lexical) throw outside();
    throw refuse(systemCode(error) === 'ENOENT' ? 'missing' : 'unreadable', explain(error));
  });
  if (!isBelow(real, dirs)) throw outside();
  const noFile = () => refuse('no_regular_file', 'it is not a regular file');
  const unreadable = (error: unknown) => refuse('unreadable', explain(error));
  // Before it is opened: that alone does something to a device, and to who waits at the other end of a pipe.
  const seen = await lstat(real).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (!seen.isFile()) throw noFile();
  // O_NONBLOCK: should it be exchanged for a pipe, its writer is not waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(real, flags).catch((error: unknown) => {
    throw unreadable(error);
  });
  try {
    if (!isBelow(await readlink(`/proc/self/fd/${handle.fd}`), dirs)) throw outside();
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw noFile();
    return readingSource(handle, before, (text) => refuse('changed', text));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface FileState {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

function readingSource(handle: FileHandle, before: FileState, refuse: (text: string) => Error): ImageSource {
  const totalBytes = Number(before.size);
  let position = 0;
  const { dev, ino, size, mtimeNs, ctimeNs } = before;
  return {
    totalBytes,
    version: { text: `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`, since: Number(ctimeNs / 1_000_000n) },
    read: async () => {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position).catch((error: unknown) => {
        throw refuse(explain(error));
      });
      position += bytesRead;
      if (bytesRead > 0) return buffer.subarray(0, bytesRead);
      const after = await handle.stat({ bigint: true });
      if (position !== totalBytes || after.mtimeNs !== before.mtimeNs || after.size !== before.size) {
        throw refuse('it changed while it was copied');
      }
      return undefined;
    },
    close: () => handle.close(),
  };
}

/** The path of a `file:` URL, or undefined when it hides a slash or a NUL. */
function pathOf(url: URL): string | undefined {
  if (/%2f|%00/i.test(url.pathname)) return undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/** The directories as they really are; one that does not exist allows nothing. */
async function realDirs(dirs: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(dirs.map((dir) => realpath(dir).catch(() => undefined)));
  return real.filter((dir) => dir !== undefined);
}

const isBelow = (path: string, dirs: readonly string[]): boolean =>
  dirs.some((dir) => path.startsWith(dir.endsWith(sep) ? dir : dir + sep));

function explain(error: unknown): string {
  const code = systemCode(error);
  return code === 'ENOENT' ? 'it does not exist' : `the file system answered ${code}`;
}
