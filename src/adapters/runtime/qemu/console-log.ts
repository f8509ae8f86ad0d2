import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

/**
 * The serial log in two files: QEMU appends to the first without bound; when it has reached half of the bound, its
 * content becomes the second and the first is cut in place (QEMU opened it for appending, so it goes on at 0).
 */
export const LOG_BOUND_BYTES = 8 * 2 ** 20;
const HALF_BYTES = LOG_BOUND_BYTES / 2;
/** What the guest prints during the copy, which takes a busy host a while, is copied after it; each time there is less of it. */
const CATCH_UPS_MAX = 4;

export interface LogFiles {
  readonly log: string;
  readonly older: string;
}

export function logSize(files: LogFiles): number {
  return sizeOf(files.log);
}

/**
 * Bounds the log; returns how many bytes left the first file (0 = nothing to do). Only its end is copied, whatever size the
 * file says to have: it may have grown while no agent ran, and its process may make it as long as it likes without a byte
 * of content. What cannot be written now (a full disk) is tried again at the next look.
 */
export function boundLog(files: LogFiles): number {
  const size = sizeOf(files.log);
  if (size < HALF_BYTES) return 0;
  const temporary = `${files.older}.new`;
  let copied = size;
  try {
    writeFileSync(temporary, readRange(files.log, size - HALF_BYTES, size), { mode: 0o600 });
    renameSync(temporary, files.older);
    for (let times = 0; times < CATCH_UPS_MAX; times += 1) {
      const now = sizeOf(files.log);
      if (now <= copied || now - size > HALF_BYTES) break;
      appendFileSync(files.older, readRange(files.log, copied, now));
      copied = now;
    }
    // What the guest writes between the last look and the cut is lost, so nothing else may come between them.
    // Cut last: what ends between copy and cut leaves the end of the log twice, and never nowhere.
    truncateSync(files.log, 0);
  } catch {
    return 0;
  }
  return copied;
}

/**
 * The last `bytes` bytes before `end`, counted in the first file; a negative end, or more bytes than the first file
 * has, reaches into the second.
 */
export function readLogTail(files: LogFiles, end: number, bytes: number): Buffer {
  const fromLog = readRange(files.log, end - bytes, end);
  const missing = bytes - fromLog.length;
  if (missing <= 0 || end - fromLog.length > 0) return fromLog;
  const olderEnd = sizeOf(files.older) + Math.min(0, end);
  return Buffer.concat([readRange(files.older, olderEnd - missing, olderEnd), fromLog]);
}

function readRange(path: string, from: number, to: number): Buffer {
  const start = Math.max(0, from);
  if (to <= start) return Buffer.alloc(0);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(to, fstatSync(fd).size) - start));
    const read = readSync(fd, buffer, 0, buffer.length, start);
    return buffer.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Cuts a file that another process appends to down to its last `keep` bytes once it is longer than `bound`. */
export function boundInPlace(path: string, bound: number, keep: number): void {
  if (sizeOf(path) <= bound) return;
  const tail = readTailBytes(path, keep);
  truncateSync(path, 0);
  appendFileSync(path, tail);
}

/** The last `bytes` bytes of a file; empty when there is none. */
export function readTailBytes(path: string, bytes: number): Buffer {
  const size = sizeOf(path);
  return readRange(path, size - bytes, size);
}
