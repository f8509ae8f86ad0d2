/**
 * The qcow2 header, read with distrust: an image is a program for the hypervisor's block layer, and a hostile one
 * names files of the host (backing file, external data file) or sizes that exhaust it. Only what Holdfast can run is
 * let through.
 */
import { imageInvalid, unsupportedFormat } from './image-faults.ts';

/** Bytes from the start of the file that `parseQcow2Header` looks at: the fixed part and its extensions. */
export const QCOW2_HEAD_BYTES = 64 * 1024;
const MAGIC = 0x514649fb;
const V2_LENGTH = 72;
const V3_LENGTH = 104;
/** Limits of QEMU's own block layer: larger tables are refused there too. */
const MAX_L1_BYTES = 32 * 1024 * 1024;
const MAX_REFCOUNT_TABLE_BYTES = 8 * 1024 * 1024;
const MAX_SNAPSHOTS = 65_536;
/** A header has a handful of extensions; more is an attack on the reader. */
const MAX_EXTENSIONS = 64;

const FEATURE_DIRTY = 1n;
const FEATURE_CORRUPT = 2n;
const FEATURE_EXTERNAL_DATA = 4n;
const FEATURE_COMPRESSION = 8n;
const FEATURE_EXTENDED_L2 = 16n;
const KNOWN_FEATURES = 31n;

const EXTENSION_END = 0;
const EXTENSION_DATA_FILE = 0x44415441;
const EXTENSION_ENCRYPTION = 0x0537be77;

export interface Qcow2Header {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly virtualSizeBytes: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
  /** Bytes of one L2 entry: 8, or 16 with extended L2 entries. */
  readonly l2EntryBytes: 8 | 16;
}

export interface Qcow2Limits {
  /** `file` part of messages: the URL the user gave. */
  readonly url: string;
  readonly fileBytes: number;
  readonly maxVirtualBytes: number;
}

interface HeadReader {
  u32(at: number): number;
  u64(at: number): bigint;
}

/**
 * Reads and judges the header. `head` is the start of the file, at least `min(fileBytes, QCOW2_HEAD_BYTES)` bytes.
 * Faults: `image_invalid` (backing file, external data file, truncated, insane), `unsupported_format` (no qcow2,
 * encryption, unknown features).
 */
export function parseQcow2Header(head: Uint8Array, limits: Qcow2Limits): Qcow2Header {
  const invalid = (reason: string, text: string) =>
    imageInvalid(`Cannot use image "${limits.url}": ${text}`, { url: limits.url, reason });
  const unsupported = (reason: string, text: string) =>
    unsupportedFormat(`Cannot use image "${limits.url}": ${text}`, { url: limits.url, reason });

  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const reader: HeadReader = { u32: (at) => view.getUint32(at), u64: (at) => view.getBigUint64(at) };
  if (head.length < 8 || reader.u32(0) !== MAGIC) {
    throw unsupported('not_qcow2', 'image_format says qcow2 but the file is not a qcow2 image');
  }
  const version = reader.u32(4);
  if (version !== 2 && version !== 3) {
    throw unsupported('version', `qcow2 version ${version} is not supported; right are 2 and 3`);
  }
  if (head.length < (version === 2 ? V2_LENGTH : V3_LENGTH)) {
    throw invalid('truncated', 'the file ends inside its qcow2 header');
  }
  if (reader.u64(8) !== 0n || reader.u32(16) !== 0) {
    throw invalid('backing_file', 'it needs a backing file; flatten it with "qemu-img convert -O qcow2"');
  }
  if (reader.u32(32) !== 0) throw unsupported('encrypted', 'it is encrypted');
  const features = version === 3 ? reader.u64(72) : 0n;
  checkFeatures(features, invalid, unsupported);

  const clusterBits = reader.u32(20);
  const extended = (features & FEATURE_EXTENDED_L2) !== 0n;
  if (clusterBits < (extended ? 14 : 9) || clusterBits > 21) {
    throw invalid('cluster_bits', `its cluster size is out of range (cluster_bits ${clusterBits})`);
  }
  const headerLength = version === 3 ? checkVersion3(reader, head, features, clusterBits, invalid) : V2_LENGTH;
  checkExtensions(reader, Math.min(head.length, 2 ** clusterBits), headerLength, invalid, unsupported);

  const virtualSizeBytes = checkVirtualSize(reader.u64(24), limits.maxVirtualBytes, invalid);
  const l2EntryBytes = extended ? 16 : 8;
  const tables = checkTables(reader, clusterBits, limits.fileBytes, invalid);
  const bytesPerL1Entry = (2 ** clusterBits / l2EntryBytes) * 2 ** clusterBits;
  if (tables.l1Entries < Math.ceil(virtualSizeBytes / bytesPerL1Entry)) {
    throw invalid('l1_table', 'its L1 table is too small for its virtual size');
  }
  return { version, clusterBits, virtualSizeBytes, l2EntryBytes, ...tables };
}

type Refuse = (reason: string, text: string) => Error;

function checkFeatures(features: bigint, invalid: Refuse, unsupported: Refuse): void {
  if ((features & FEATURE_EXTERNAL_DATA) !== 0n) {
    throw invalid(
      'external_data_file',
      'it keeps its data in another file; convert it with "qemu-img convert -O qcow2"',
    );
  }
  if ((features & FEATURE_CORRUPT) !== 0n) throw invalid('corrupt', 'it is marked corrupt');
  if ((features & FEATURE_DIRTY) !== 0n) {
    throw invalid('dirty', 'it was not closed cleanly; repair it with "qemu-img check -r all"');
  }
  const unknown = features & ~KNOWN_FEATURES;
  if (unknown !== 0n) throw unsupported('features', `it needs unknown qcow2 features (0x${unknown.toString(16)})`);
}

/** The fields version 3 added; answers the length of the header. */
function checkVersion3(
  reader: HeadReader,
  head: Uint8Array,
  features: bigint,
  clusterBits: number,
  invalid: Refuse,
): number {
  const length = reader.u32(100);
  if (length < V3_LENGTH || length % 8 !== 0 || length > 2 ** clusterBits || length > head.length) {
    throw invalid('header_length', `its header length ${length} is out of range`);
  }
  if (reader.u32(96) > 6) throw invalid('refcount_order', 'its reference counts are too wide');
  const compression = length > V3_LENGTH ? head[V3_LENGTH] : 0;
  const wanted = (features & FEATURE_COMPRESSION) !== 0n ? 1 : 0;
  if (compression !== wanted) throw invalid('compression', 'its compression type contradicts its features');
  return length;
}

function checkExtensions(reader: HeadReader, end: number, start: number, invalid: Refuse, unsupported: Refuse): void {
  let at = start;
  for (let count = 0; at + 8 <= end; count += 1) {
    if (count === MAX_EXTENSIONS) throw invalid('extensions', 'its header has too many extensions');
    const type = reader.u32(at);
    const length = reader.u32(at + 4);
    if (type === EXTENSION_END) return;
    if (at + 8 + length > end) throw invalid('extensions', 'a header extension reaches beyond the header');
    if (type === EXTENSION_DATA_FILE) {
      throw invalid(
        'external_data_file',
        'it names an external data file; convert it with "qemu-img convert -O qcow2"',
      );
    }
    if (type === EXTENSION_ENCRYPTION) throw unsupported('encrypted', 'it is encrypted');
    at += 8 + Math.ceil(length / 8) * 8;
  }
}

function checkVirtualSize(size: bigint, maxBytes: number, invalid: Refuse): number {
  if (size === 0n || size % 512n !== 0n) {
    throw invalid('virtual_size', `its virtual size ${size} is not a positive multiple of 512`);
  }
  if (size > BigInt(maxBytes)) {
    throw invalid('virtual_size', `its virtual size ${size} is above the limit of ${maxBytes} bytes`);
  }
  return Number(size);
}

/** L1, reference count and snapshot tables must lie, aligned, inside the file. */
function checkTables(
  reader: HeadReader,
  clusterBits: number,
  fileBytes: number,
  invalid: Refuse,
): { readonly l1Entries: number; readonly l1Offset: number } {
  const inside = (offset: bigint, bytes: number, what: string): number => {
    if (offset === 0n || offset % BigInt(2 ** clusterBits) !== 0n)
      throw invalid('alignment', `its ${what} is misplaced`);
    if (offset + BigInt(bytes) > BigInt(fileBytes)) throw invalid('truncated', `the file ends before its ${what} does`);
    return Number(offset);
  };
  const l1Entries = reader.u32(36);
  if (l1Entries * 8 > MAX_L1_BYTES) throw invalid('l1_table', 'its L1 table is too large');
  const l1Offset = inside(reader.u64(40), l1Entries * 8, 'L1 table');
  const refcountBytes = reader.u32(56) * 2 ** clusterBits;
  if (refcountBytes === 0 || refcountBytes > MAX_REFCOUNT_TABLE_BYTES) {
    throw invalid('refcount_table', 'the size of its reference count table is out of range');
  }
  inside(reader.u64(48), refcountBytes, 'reference count table');
  const snapshots = reader.u32(60);
  if (snapshots > MAX_SNAPSHOTS) throw invalid('snapshots', 'it has too many internal snapshots');
  if (snapshots > 0) inside(reader.u64(64), snapshots * 40, 'snapshot table');
  return { l1Entries, l1Offset };
}
