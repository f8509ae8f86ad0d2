import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { EndOfTurn } from './answer-turns.ts';

/** A part above this size, of very large documents, gets memory of its own. */
const memoryMaxBytes = 1024 * 1024;

/** Makes the body of a long answer, part by part. Each part is what its pieces are together. */
export type StreamParts = (
  parts: Iterable<readonly Buffer[]>,
  response: Pick<ServerResponse, 'writableLength' | 'writableNeedDrain' | 'once'>,
) => Readable;

/**
 * Each part is made when the response has sent the one before, in a turn of its own: the socket of a fast client takes part after
 * part at once, and without a pause a long answer would be one turn.
 *
 * Part after part is joined in the same memory. A new buffer for each would be 30 MB for all VMs of a large fleet, and V8 answers to
 * that by looking for garbage in the whole heap: measured, two thirds of what such an answer costs.
 */
export function createPartStreams(endOfTurn: EndOfTurn): StreamParts {
  /** Null while a part in it is on its way. */
  let free: Buffer | null = null;

  const takeMemory = (bytes: number): Buffer => {
    const found = free;
    free = null;
    return found !== null && found.length >= bytes
      ? found
      : Buffer.allocUnsafeSlow(Math.min(2 * bytes, memoryMaxBytes));
  };

  return (parts, response) => {
    const iterator = parts[Symbol.iterator]();
    /** Holds the part that was made last. */
    let memory: Buffer | null = null;

    const join = (pieces: readonly Buffer[]): Buffer => {
      let bytes = 0;
      for (const { length } of pieces) bytes += length;
      if (bytes > memoryMaxBytes) return Buffer.concat(pieces, bytes);
      memory = takeMemory(bytes);
      let end = 0;
      for (const piece of pieces) {
        memory.set(piece, end);
        end += piece.length;
      }
      return memory.subarray(0, bytes);
    };

    const makeNext = (): void => {
      if (stream.destroyed) return;
      // What is not sent may lie in it.
      if (memory !== null && response.writableLength === 0) free = memory;
      memory = null;
      try {
        const { done, value } = iterator.next();
        stream.push(done === true ? null : join(value));
      } catch (error) {
        stream.destroy(error as Error);
      }
    };

    const makeNextOnceSent = (): void => {
      if (response.writableNeedDrain) response.once('drain', makeNext);
      else makeNext();
    };

    let isFirst = true;
    const stream = new Readable({
      highWaterMark: 1,
      read() {
        if (isFirst) makeNext();
        else endOfTurn(makeNextOnceSent);
        isFirst = false;
      },
    });
    return stream;
  };
}
