import { chown, open, rename } from 'node:fs/promises';
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
  const file = await open(temporary, 'w', own.mode);
  try {
    await file.writeFile(content);
    await file.chmod(own.mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await moveInPlace(temporary, path, own);
}

/** Gives a finished temporary file its owner and its name. */
export async function moveInPlace(temporary: string, path: string, own: Ownership): Promise<void> {
  if (own.owner) await chown(temporary, own.owner.uid, own.owner.gid);
  await rename(temporary, path);
  await syncDir(dirname(path));
}

async function syncDir(path: string): Promise<void> {
  const dir = await open(path, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}
