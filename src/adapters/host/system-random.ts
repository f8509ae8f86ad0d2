import { randomBytes } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

/** Bytes asked of the kernel at once. Tokens do not come from here: no key waits in memory before it is used. */
const poolBytes = 4_096;

/** Ids counted within one millisecond: 12 bits. */
const countMax = 0xfff;
/** A millisecond begins somewhere in the lower half, so that the count says nothing about how many there were. */
const firstMask = 0x7ff;

/**
 * Chance from the kernel. UUIDs are version 7: 48 bits of wall time, a count of 12 bits, 62 random bits. Each is greater
 * than the one before, whatever the wall clock does: events of one millisecond are listed in the order they were made.
 */
export function createSystemRandom(now: () => number): Random {
  let pool = randomBytes(poolBytes);
  let used = 0;
  let lastMs = 0;
  let count = 0;
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
    uuid() {
      const nowMs = now();
      const chance = take(10);
      if (nowMs > lastMs || count >= countMax) {
        lastMs = Math.max(nowMs, lastMs + 1);
        count = chance.readUInt16BE(0) & firstMask;
      } else count += 1;
      chance.writeUInt16BE(count, 0);
      return renderUuid7(lastMs, chance);
    },
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
