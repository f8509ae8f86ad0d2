import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** More than is written between two checkpoints of a store that is not under load. */
export const filledLogBytes = 4 * 1024 * 1024;

/**
 * Fills the write-ahead log of an open database with zeros up to a size, for SQLite to write over. An append makes a file
 * grow, and its sync then waits for the journal of the file system, with whatever other programs have in it. Measured on ext4
 * beside a busy disk: a commit's p90 12 ms instead of 4, its p99 85 ms instead of 30. Zeros are no frame: to SQLite the log
 * ends there, also after a crash.
 *
 * Call it between two transactions, in the thread of the connection. SQLite holds no locks on its log, so that closing the
 * file here takes none away (see `data-dir-lock.ts`).
 */
export function fillLog(file: string): void {
  const fd = openSync(`${file}-wal`, 'r+');
  try {
    const size = fstatSync(fd).size;
    if (size >= filledLogBytes) return;
    try {
      const zeros = Buffer.alloc(filledLogBytes - size);
      for (let from = 0; from < zeros.length; ) from += writeSync(fd, zeros, from, zeros.length - from, size + from);
      fsyncSync(fd);
    } catch {
      // A disk without room for it: the log grows as it is written, as long as it can.
      ftruncateSync(fd, size);
    }
  } finally {
    closeSync(fd);
  }
}
