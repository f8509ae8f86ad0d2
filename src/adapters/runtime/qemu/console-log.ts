import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
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

export interface LogFiles {
  readonly log: string;
  readonly older: string;
}

export function logSize(files: LogFiles): number {
  return sizeOf(files.log);
}

/** Bounds the log; returns how many bytes went from the first file to the second (0 = nothing to do). */
export function boundLog(files: LogFiles): number {
  if (sizeOf(files.log) < HALF_BYTES) return 0;
  const temporary = `${files.older}.new`;
  rmSync(temporary, { force: true });
  // Copy and cut in one turn: what the guest writes between the two is lost, so nothing else may come between them.
  copyFileSync(files.log, temporary);
  const copied = sizeOf(temporary);
  truncateSync(files.log, 0);
  renameSync(temporary, files.older);
  // A log that grew while no agent ran may be longer than its half: only its end is kept.
  keepTail(files.older);
  return copied;
}

function keepTail(path: string): void {
  const size = sizeOf(path);
  if (size <= HALF_BYTES) return;
  const tail = readRange(path, size - HALF_BYTES, size);
  writeFileSync(`${path}.new`, tail, { mode: 0o600 });
  renameSync(`${path}.new`, path);
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

/** The last `bytes` bytes of a file; empty when there is none. */
export function readTailBytes(path: string, bytes: number): Buffer {
  const size = sizeOf(path);
  return readRange(path, size - bytes, size);
}
