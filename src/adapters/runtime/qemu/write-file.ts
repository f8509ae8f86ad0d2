import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Ownership {
  readonly mode: number;
  /** Null = the agent's own. */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
}

/**
 * Replaces a file so that a crash leaves the old one or the new one: temporary file → sync → rename → sync of the
 * directory.
 */
export async function writeFileDurably(path: string, content: string | Uint8Array, own: Ownership): Promise<void> {
  const temporary = `${path}.new`;
  const file = await openAnew(temporary, own.mode);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  await moveInPlace(temporary, path, own);
}

/** What a crash left of it may be a file that its own owner must not write to. */
async function openAnew(temporary: string, mode: number): Promise<FileHandle> {
  await rm(temporary, { force: true });
  return await open(temporary, 'wx', mode);
}

/**
 * Gives a finished temporary file its owner and its name, once its content is on disk: a name that came before it would after
 * a loss of power stand for an empty file, which nothing makes anew.
 */
export async function moveInPlace(temporary: string, path: string, own: Ownership): Promise<void> {
  const file = await open(temporary, 'r');
  try {
    await file.chmod(own.mode);
    if (own.owner) await file.chown(own.owner.uid, own.owner.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDir(dirname(path));
}

/** Makes the names in a directory durable. */
export async function syncDir(path: string): Promise<void> {
  const dir = await open(path, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}
