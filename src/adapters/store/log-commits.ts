import { closeSync, openSync, readSync } from 'node:fs';

/** The format of a write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit says in which order of bytes the checksums are made. */
const magicLittle = 0x377f0682;
const magicBig = 0x377f0683;
/** Parts of header and frame header that their checksums speak of. */
const headerSummed = 24;
const frameHeaderSummed = 8;
const pageSizeMax = 65_536;

/**
 * Is there a transaction in this log for SQLite to read: a header and frames whose checksums hold, up to one that commits? Only
 * what comes before the first that does not is a part of the database.
 */
export function holdsCommit(logFile: string): boolean {
  const fd = openSync(logFile, 'r');
  try {
    const header = readExactly(fd, headerBytes, 0);
    const magic = header?.readUInt32BE(0);
    if (header === null || (magic !== magicLittle && magic !== magicBig)) return false;
    const pageSize = header.readUInt32BE(8);
    if (pageSize < 512 || pageSize > pageSizeMax) return false;
    const sum = createSum(magic === magicBig);
    sum.add(header.subarray(0, headerSummed));
    if (!sum.is(header.subarray(headerSummed))) return false;
    for (let at = headerBytes; ; at += frameHeaderBytes + pageSize) {
      const frame = readExactly(fd, frameHeaderBytes + pageSize, at);
      if (frame === null || !frame.subarray(8, 16).equals(header.subarray(16, 24))) return false;
      sum.add(frame.subarray(0, frameHeaderSummed));
      sum.add(frame.subarray(frameHeaderBytes));
      if (!sum.is(frame.subarray(16, frameHeaderBytes))) return false;
      const isCommit = frame.readUInt32BE(4) > 0;
      if (isCommit) return true;
    }
  } finally {
    closeSync(fd);
  }
}

function readExactly(fd: number, length: number, position: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  return readSync(fd, bytes, 0, length, position) === length ? bytes : null;
}

/** The running checksum of a log: each part goes on from the one before. */
function createSum(isBig: boolean) {
  let [a, b] = [0, 0];
  return {
    add(bytes: Buffer): void {
      const word = (at: number): number => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
      for (let at = 0; at < bytes.length; at += 8) {
        a = (a + word(at) + b) >>> 0;
        b = (b + word(at + 4) + a) >>> 0;
      }
    },
    is: (stored: Buffer): boolean => stored.readUInt32BE(0) === a && stored.readUInt32BE(4) === b,
  };
}
