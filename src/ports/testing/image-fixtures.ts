/** Bytes to make images of, right and wrong, for the images contract and the tests of its implementations. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Fault } from '../../core/kit/fault.ts';

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that differ by seed and are no image of any known format. */
export function someBytes(seed: number, length = 200 * 512): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = at === 0 ? 0xeb : state >>> 24;
  }
  return bytes;
}

export interface Qcow2Options {
  readonly version?: number;
  readonly clusterBits?: number;
  readonly virtualSizeBytes?: bigint;
  readonly backingFile?: string;
  readonly encryption?: number;
  readonly incompatible?: bigint;
  readonly extensions?: readonly { readonly type: number; readonly data: string }[];
}

/** A small well-formed qcow2 image with one data cluster, or one that is wrong in the ways named. */
export function aQcow2(options: Qcow2Options = {}): Uint8Array {
  const clusterBits = options.clusterBits ?? 16;
  const cluster = 65_536;
  // Header, refcount table, refcount block, L1, L2, data.
  const bytes = Buffer.alloc(6 * cluster);
  bytes.writeUInt32BE(0x514649fb, 0);
  bytes.writeUInt32BE(options.version ?? 3, 4);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(options.virtualSizeBytes ?? 1_048_576n, 24);
  bytes.writeUInt32BE(options.encryption ?? 0, 32);
  bytes.writeUInt32BE(1, 36);
  bytes.writeBigUInt64BE(BigInt(3 * cluster), 40);
  bytes.writeBigUInt64BE(BigInt(cluster), 48);
  bytes.writeUInt32BE(1, 56);
  bytes.writeBigUInt64BE(options.incompatible ?? 0n, 72);
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(104, 100);
  let at = options.version === 2 ? 72 : 104;
  for (const extension of options.extensions ?? []) {
    bytes.writeUInt32BE(extension.type, at);
    bytes.writeUInt32BE(extension.data.length, at + 4);
    bytes.write(extension.data, at + 8, 'latin1');
    at += 8 + Math.ceil(extension.data.length / 8) * 8;
  }
  if (options.backingFile !== undefined) {
    bytes.writeBigUInt64BE(1024n, 8);
    bytes.writeUInt32BE(options.backingFile.length, 16);
    bytes.write(options.backingFile, 1024, 'latin1');
  }
  bytes.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let block = 0; block < 6; block += 1) bytes.writeUInt16BE(1, 2 * cluster + 2 * block);
  const copied = 1n << 63n;
  bytes.writeBigUInt64BE(BigInt(4 * cluster) | copied, 3 * cluster);
  bytes.writeBigUInt64BE(BigInt(5 * cluster) | copied, 4 * cluster);
  bytes.fill('data ', 5 * cluster);
  return Uint8Array.from(bytes);
}

/** Waits for a fault with the code and answers it. */
export async function faultOf(code: string, promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.then(
    () => assert.fail(`expected the fault ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Fault, `expected a fault, got ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}
