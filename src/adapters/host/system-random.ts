import { randomBytes } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

/** Bytes asked of the kernel at once. Tokens do not come from here: no key waits in memory before it is used. */
const poolBytes = 4_096;

/**
 * Chance from the kernel. UUIDs are version 7: 48 bits of wall time, then 74 random bits, so that they sort by
 * minting time.
 */
export function createSystemRandom(now: () => number): Random {
  let pool = randomBytes(poolBytes);
  let used = 0;
  /** A request to the kernel costs as much as rendering a document, so ids share one. No byte is given out twice. */
  const take = (count: number): Buffer => {
    if (used + count > poolBytes) {
      pool = randomBytes(poolBytes);
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  };
  return {
    next: () => take(6).readUIntBE(0, 6) / 2 ** 48,
    uuid: () => renderUuid7(now(), take(10)),
    hex: (bytes) => randomBytes(bytes).toString('hex'),
  };
}

/** UUIDv7 of RFC 9562: `timeMs` since the Unix epoch, `chance` at least 10 bytes. */
export function renderUuid7(timeMs: number, chance: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(timeMs, 0, 6);
  bytes.set(chance.subarray(0, 10), 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
