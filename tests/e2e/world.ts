/**
 * What a cluster has left on its host, read from outside: files, sockets, control groups and the rows of its databases.
 * Databases are looked at in copies, after their owner has ended or beside it, and never written.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Every path below `dir`, relative to it; sockets end with `=` as `ls -F` shows them. */
export function filesBelow(dir: string): readonly string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .map((entry) => `${join(entry.parentPath, entry.name).slice(dir.length + 1)}${entry.isSocket() ? '=' : ''}`)
    .toSorted();
}

/** What may vanish while it is looked at. */
export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Files of the agent that belong to instances: directories, sockets, disks, downloads under way. */
export const instanceFiles = (dataDir: string): readonly string[] => filesBelow(join(dataDir, 'agent/instances'));
export const downloads = (dataDir: string): readonly string[] => filesBelow(join(dataDir, 'agent/image-cache/tmp'));
/** `DIGEST/UID` for each image that an instance needs. */
export const pins = (dataDir: string): readonly string[] =>
  filesBelow(join(dataDir, 'agent/image-cache/pins')).filter((path) => path.includes('/'));

/** Keys of a closed or running store, `store/store.db` or `agent/journal/journal.db`. */
export function keysOf(file: string): readonly string[] {
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-rows-'));
  try {
    for (const suffix of ['', '-wal']) {
      if (existsSync(file + suffix)) copyFileSync(file + suffix, join(scratch, `copy.db${suffix}`));
    }
    const db = new DatabaseSync(join(scratch, 'copy.db'));
    try {
      return db
        .prepare('SELECT key FROM entry ORDER BY key')
        .all()
        .map(({ key }) => String(key));
    } finally {
      db.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Rows of instances in the journal of a node. */
export const journalRows = (dataDir: string): readonly string[] =>
  keysOf(join(dataDir, 'agent/journal/journal.db')).filter((key) => /^(record|assigned)\//.test(key));

/** Control groups named for one of these incarnations. */
export function cgroupsOf(incarnations: readonly string[]): readonly string[] {
  const names = new Set(incarnations.map((id) => `holdfast-${id}`));
  return below('/sys/fs/cgroup', 6).filter((path) => names.has(path.slice(path.lastIndexOf('/') + 1)));
}

/** Directories below `dir`, so deep; what vanishes meanwhile is passed over. */
function below(dir: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  try {
    return readdirSync(dir).flatMap((name) => {
      const path = join(dir, name);
      const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
      return isDirectory ? [path, ...below(path, depth - 1)] : [];
    });
  } catch {
    return [];
  }
}
