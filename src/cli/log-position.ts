/**
 * Where in a log a follower is. The log is read again from its beginning after each interruption, and its beginning may be cut
 * off meanwhile: what tells the place is the end of what was taken, and how far from the beginning that was.
 */
export interface LogPosition {
  /** What of this part of the log, which follows the one before, was not taken yet. */
  take(chunk: Uint8Array): Uint8Array;
  /** The log is read from its beginning again; `log` is what it holds now. Another log than before is new from its first byte. */
  begin(log: Buffer): void;
}

/** As much of the end of what was taken as tells it from the rest of a log. */
const markBytes = 4096;

/** `taken` is what of the log needs no taking: the lines before a tail. */
export function createLogPosition(taken: Buffer): LogPosition {
  let mark = taken.subarray(-markBytes);
  /** Bytes from the beginning of the log up to the end of the mark. */
  let end = taken.length;
  let streamed = 0;
  return {
    take(chunk) {
      const fresh = chunk.subarray(Math.max(0, Math.min(end - streamed, chunk.length)));
      streamed += chunk.length;
      end = Math.max(end, streamed);
      mark = Buffer.concat([mark, fresh]).subarray(-markBytes);
      return fresh;
    },
    begin(log) {
      streamed = 0;
      const stands = log.length >= end && log.subarray(end - mark.length, end).equals(mark);
      if (stands) return;
      const at = mark.length === 0 ? -1 : log.lastIndexOf(mark);
      end = at < 0 ? 0 : at + mark.length;
      if (at < 0) mark = Buffer.alloc(0);
    },
  };
}
