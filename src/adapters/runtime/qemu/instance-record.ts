import { readFile } from 'node:fs/promises';
import type { DiskFormat } from '../../../core/instance/spec.ts';
import type { Uid } from '../../../core/kit/brand.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { FILES, type Layout } from './layout.ts';
import { writeFileDurably } from './write-file.ts';

/** What the runtime itself remembers of an instance: enough to start its disks again without asking anybody. */
export interface InstanceRecord {
  readonly name: string;
  /** The image the root disk is an overlay of; null while there is none. */
  readonly root: { readonly sha256: string; readonly format: DiskFormat } | null;
}

/** Undefined where there is none. Fault `journal_corrupt` for one that cannot be read as a record. */
export async function readRecord(layout: Layout, uid: Uid): Promise<InstanceRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(layout.file(uid, FILES.record), 'utf8'));
    if (isRecord(record)) return record;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Fault('journal_corrupt', 'The note of what this instance was made from is damaged', { retry: 'never' });
}

function isRecord(value: unknown): value is InstanceRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { name, root } = value as Partial<InstanceRecord>;
  if (typeof name !== 'string' || root === undefined) return false;
  return root === null || (/^[0-9a-f]+$/.test(root.sha256) && (root.format === 'qcow2' || root.format === 'raw'));
}

export async function writeRecord(layout: Layout, uid: Uid, record: InstanceRecord): Promise<void> {
  await writeFileDurably(layout.file(uid, FILES.record), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}
