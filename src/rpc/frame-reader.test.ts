import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { FrameReader } from './frame-reader.ts';
import { DEFAULT_LIMITS } from './limits.ts';

/** A frame of one segment of `words` words, each holding its number. */
function frameOf(words: number, mark: number): Buffer {
  const bytes = Buffer.alloc(8 + words * 8);
  bytes.writeUInt32LE(words, 4);
  for (let i = 0; i < words; i++) bytes.writeUInt32LE(mark + i, 8 + i * 8);
  return bytes;
}

function readAll(chunks: readonly Buffer[]): { readonly marks: number[][]; readonly reader: FrameReader } {
  const marks: number[][] = [];
  const kept: (() => number[])[] = [];
  const reader = new FrameReader(DEFAULT_LIMITS, () => undefined);
  for (const chunk of chunks) {
    reader.feed(chunk, ({ first }) => {
      // Read at the end, when later chunks have come: a message must not change after it was delivered.
      kept.push(() => {
        const words: number[] = [];
        for (let at = first.start; at < first.end; at += 8) words.push(first.view.getUint32(at, true));
        return words;
      });
      return true;
    });
  }
  for (const read of kept) marks.push(read());
  return { marks, reader };
}

suite('cutting a stream into messages', () => {
  test('any frames in any chunks come out whole and stay as they are (property)', () => {
    const frames = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }),
        (sizes, cuts) => {
          const all = Buffer.concat(sizes.map((words, i) => frameOf(words, i * 1_000)));
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < all.length; i++) {
            const size = cuts[i % cuts.length] ?? 1;
            chunks.push(Buffer.from(all.subarray(at, at + size)));
            at += size;
          }
          const { marks, reader } = readAll(chunks);
          assert.deepEqual(
            marks,
            sizes.map((words, i) => Array.from({ length: words }, (_, n) => i * 1_000 + n)),
          );
          assert.equal(reader.atBoundary, true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a large message that comes byte by byte costs memory in proportion to what has come', () => {
    const reader = new FrameReader(DEFAULT_LIMITS, () => undefined);
    const header = Buffer.alloc(8);
    header.writeUInt32LE(8_000_000, 4);
    const before = process.memoryUsage().arrayBuffers;
    reader.feed(header, () => true);
    for (let i = 0; i < 100_000; i++) reader.feed(Buffer.from([i & 0xff]), () => true);
    assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024, 'the 64 MB promised are not allocated');
    assert.equal(reader.atBoundary, false);
  });
});
