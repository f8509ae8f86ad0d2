/**
 * The entries of the cache: `sha256/DIGEST`, read-only, and `sha256/DIGEST.json`, what was known of the file when
 * its bytes were last hashed. A file that still has the same inode, size, modification time and mode is taken for
 * intact; any other is hashed anew and dropped when it is not what its name says.
 *
 *   temporary file ──commit──▶ json, then data renamed in, directory synced ──intact──▶ handed out
 *                                                     │ stat differs
 *                                                     ▼
 *                                        hashed: same → json written anew, else dropped
 */

import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { chmod, constants, lstat, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskFormat } from '../../core/instance/spec.ts';
import type { Log } from '../../ports/log.ts';
import { isDigest } from './image-url.ts';
import { syncDirectory } from './sync-directory.ts';
import type { TempFile, TempFiles } from './temp-files.ts';

/** Readable by the hypervisor's user, writable by nobody. */
const ENTRY_MODE = 0o444;
const HASH_READ_BYTES = 256 * 1024;
/** Metadata is a dozen short fields; a larger file is none of ours. */
const MAX_METADATA_BYTES = 4_096;
const METADATA_SUFFIX = '.json';

export interface Entry {
  readonly sha256: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** The format it was last proven to have; `blob` = none was asked for. */
  readonly format: DiskFormat | 'blob';
  readonly virtualSizeBytes: number;
}

/** Told how many bytes were read. */
export type ReadProgress = (bytes: number, totalBytes: number) => void;

export class EntryStore {
  readonly #dir: string;
  readonly #temps: TempFiles;
  readonly #log: Log;

  constructor(deps: { readonly temps: TempFiles; readonly log: Log }, dir: string) {
    this.#dir = dir;
    this.#temps = deps.temps;
    this.#log = deps.log;
  }

  pathOf(sha256: string): string {
    return join(this.#dir, sha256);
  }

  /** The entry if its file is what its name says, hashing it where that is in doubt. A wrong one is dropped. */
  async intact(sha256: string, onProgress: ReadProgress, signal: AbortSignal): Promise<Entry | undefined> {
    const path = this.pathOf(sha256);
    const stat = await statOf(path);
    if (stat === undefined) return undefined;
    const known = await this.#metadata(sha256);
    if (known?.fingerprint === fingerprint(stat)) return known.entry;
    if (!stat.isFile() || (await hashFile(path, onProgress, signal)) !== sha256) {
      this.#log.warn('Dropping a cached image whose bytes changed', { sha256 });
      await this.drop(sha256);
      return undefined;
    }
    await chmod(path, ENTRY_MODE);
    const sizeBytes = Number(stat.size);
    const entry = known?.entry ?? { sha256, path, sizeBytes, format: 'blob', virtualSizeBytes: sizeBytes };
    return this.update({ ...entry, sizeBytes });
  }

  /** Makes a complete, checked temporary file the entry of its digest, durably. */
  async commit(temp: TempFile, entry: Omit<Entry, 'path' | 'sizeBytes'>): Promise<Entry> {
    await temp.handle.chmod(ENTRY_MODE);
    await temp.handle.sync();
    const stat = await temp.handle.stat({ bigint: true });
    const done = { ...entry, path: this.pathOf(entry.sha256), sizeBytes: Number(stat.size) };
    // Metadata first: without its file it says nothing; a file without it would have to be hashed again.
    await this.#writeMetadata(done, stat);
    await rename(temp.path, done.path);
    await syncDirectory(this.#dir);
    return done;
  }

  /** Records what was learned of an entry whose file is intact. */
  async update(entry: Entry): Promise<Entry> {
    const stat = await statOf(entry.path);
    if (stat !== undefined) await this.#writeMetadata(entry, stat);
    await syncDirectory(this.#dir);
    return entry;
  }

  async drop(sha256: string): Promise<void> {
    const path = this.pathOf(sha256);
    await rm(path, { force: true, recursive: true });
    await rm(path + METADATA_SUFFIX, { force: true });
  }

  /** Digests that have a file or metadata here. */
  async digests(): Promise<readonly string[]> {
    const names = (await readdir(this.#dir)).map((name) =>
      name.endsWith(METADATA_SUFFIX) ? name.slice(0, -METADATA_SUFFIX.length) : name,
    );
    return [...new Set(names)].filter(isDigest);
  }

  async #writeMetadata(entry: Entry, stat: BigIntStats): Promise<void> {
    const temp = await this.#temps.create();
    try {
      const { sha256, sizeBytes, format, virtualSizeBytes } = entry;
      const fields = { version: 1, sha256, size_bytes: sizeBytes, format, virtual_size_bytes: virtualSizeBytes };
      await temp.handle.writeFile(`${JSON.stringify({ ...fields, fingerprint: fingerprint(stat) })}\n`);
      await temp.handle.sync();
      await rename(temp.path, entry.path + METADATA_SUFFIX);
    } catch (error) {
      await rm(temp.path, { force: true });
      throw error;
    } finally {
      await temp.handle.close();
    }
  }

  async #metadata(sha256: string): Promise<{ readonly entry: Entry; readonly fingerprint: string } | undefined> {
    const path = this.pathOf(sha256);
    const stat = await statOf(path + METADATA_SUFFIX);
    if (stat === undefined || !stat.isFile() || stat.size > MAX_METADATA_BYTES) return undefined;
    return parseMetadata(await readFile(path + METADATA_SUFFIX, 'utf8'), sha256, path);
  }
}

/** What metadata says, or undefined when it is damaged or speaks of another digest: then the file is hashed anew. */
function parseMetadata(text: string, sha256: string, path: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { format, size_bytes: sizeBytes, virtual_size_bytes: virtualSizeBytes, fingerprint: print } = fields;
  if (fields['version'] !== 1 || fields['sha256'] !== sha256 || typeof print !== 'string') return undefined;
  if (format !== 'raw' && format !== 'qcow2' && format !== 'blob') return undefined;
  if (!Number.isSafeInteger(sizeBytes) || !Number.isSafeInteger(virtualSizeBytes)) return undefined;
  const sizes = { sizeBytes: Number(sizeBytes), virtualSizeBytes: Number(virtualSizeBytes) };
  return { entry: { sha256, path, format, ...sizes } as const, fingerprint: print };
}

const fingerprint = (stat: BigIntStats): string =>
  `${stat.ino} ${stat.size} ${stat.mtimeNs} ${(stat.mode & 0o7777n) === BigInt(ENTRY_MODE) ? 'read_only' : 'writable'}`;

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function hashFile(path: string, onProgress: ReadProgress, signal: AbortSignal): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const totalBytes = (await handle.stat()).size;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(HASH_READ_BYTES);
    for (let done = 0; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, HASH_READ_BYTES, done);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
      onProgress(done, totalBytes);
    }
  } finally {
    await handle.close();
  }
}
