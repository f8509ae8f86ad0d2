import { readFile } from 'node:fs/promises';
import type { DiskFormat } from '../../../core/instance/spec.ts';
import type { Uid } from '../../../core/kit/brand.ts';
import { FILES, type Layout } from './layout.ts';
import { writeFileDurably } from './write-file.ts';

/** What the runtime itself remembers of an instance: enough to start its disks again without asking anybody. */
export interface InstanceRecord {
  readonly name: string;
  /** The image the root disk is an overlay of; null while there is none. */
  readonly root: { readonly sha256: string; readonly format: DiskFormat } | null;
}

export async function readRecord(layout: Layout, uid: Uid): Promise<InstanceRecord | undefined> {
  try {
    return JSON.parse(await readFile(layout.file(uid, FILES.record), 'utf8')) as InstanceRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeRecord(layout: Layout, uid: Uid, record: InstanceRecord): Promise<void> {
  await writeFileDurably(layout.file(uid, FILES.record), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}
