import { open } from 'node:fs/promises';
import { rootDiskName } from '../../../core/desired/planned-change.ts';
import type { DiskFormat } from '../../../core/instance/spec.ts';
import type { Uid } from '../../../core/kit/brand.ts';
import { Fault, faultCode } from '../../../core/kit/fault.ts';
import type { CachedImage } from '../../../ports/images.ts';
import type { RealiseRequest } from '../../../ports/runtime.ts';
import { type InstanceRecord, readRecord, writeRecord } from './instance-record.ts';
import { exists, FILES, type Layout, linkName } from './layout.ts';

/** A qcow2 header with its extensions and the name of the backing file lies in the first cluster. */
const HEADER_BYTES = 64 * 1024;
const QCOW2_MAGIC = 0x51_46_49_fb;
const BACKING_FORMAT_EXTENSION = 0xe2_79_2a_ca;

/**
 * A note that is damaged, or gone while its root disk is there, is written anew from what the disk itself proves; with consent to
 * the loss of the disk it is not needed.
 */
export async function readOrRecover(layout: Layout, request: RealiseRequest): Promise<InstanceRecord | undefined> {
  const noted = await readRecord(layout, request.uid).catch((error: unknown) => {
    if (faultCode(error) !== 'journal_corrupt') throw error;
    return null;
  });
  if (noted !== null && noted !== undefined) return noted;
  // The note is always there before the disk: only an instance that is new has neither.
  if (noted === undefined && !(await exists(layout.file(request.uid, FILES.root)))) return undefined;
  const root = await recoverRoot(layout, request.uid, request.artefacts.root);
  if (root !== undefined) {
    const record = { name: request.name, root };
    await writeRecord(layout, request.uid, record);
    return record;
  }
  if (request.replaceRoot) return undefined;
  const message = `Cannot use the root disk of VM "${request.name}": the note of its base image is damaged or gone, and the disk does not prove it`;
  throw new Fault('journal_corrupt', message, { retry: 'never', details: { disk: rootDiskName } });
}

/**
 * What the root disk was made from, where the note of it is damaged: the disk names its base, and the base must be a link of
 * this instance. Undefined when that is no proof. The base itself was checked when it came; its format is taken from the
 * image where it is the one wanted now, so that a hypervisor that wrote its own header gains nothing.
 */
async function recoverRoot(
  layout: Layout,
  uid: Uid,
  image: CachedImage | null,
): Promise<InstanceRecord['root'] | undefined> {
  if (!(await exists(layout.file(uid, FILES.root)))) return null;
  const backing = parseBacking(await readHeader(layout.file(uid, FILES.root)));
  const sha256 = /^base-([0-9a-f]+)$/.exec(backing?.name ?? '')?.[1];
  if (backing === undefined || sha256 === undefined) return undefined;
  if (!(await exists(layout.file(uid, linkName('base', sha256))))) return undefined;
  const known = image !== null && image.sha256 === sha256 && image.format !== 'blob' ? image.format : backing.format;
  return { sha256, format: known };
}

async function readHeader(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Name and format of the backing file of a qcow2 image; undefined for anything else. */
function parseBacking(header: Buffer): { readonly name: string; readonly format: DiskFormat } | undefined {
  if (header.length < 104 || header.readUInt32BE(0) !== QCOW2_MAGIC || header.readUInt32BE(4) !== 3) return undefined;
  const at = Number(header.readBigUInt64BE(8));
  const size = header.readUInt32BE(16);
  if (at === 0 || at + size > header.length) return undefined;
  const format = readExtension(header, header.readUInt32BE(100), BACKING_FORMAT_EXTENSION);
  if (format !== 'qcow2' && format !== 'raw') return undefined;
  return { name: header.toString('utf8', at, at + size), format };
}

function readExtension(header: Buffer, start: number, wanted: number): string | undefined {
  for (let at = start; at + 8 <= header.length; ) {
    const type = header.readUInt32BE(at);
    const length = header.readUInt32BE(at + 4);
    if (type === 0 || at + 8 + length > header.length) return undefined;
    if (type === wanted) return header.toString('utf8', at + 8, at + 8 + length);
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return undefined;
}
