import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';

/**
 * Whether anybody holds the flock of this file, read from /proc/locks: asking by trying would take the lock for a
 * moment and make a start at that moment fail. The holder is found by inode; where the device numbers do not compare
 * (btrfs), by the holder's open files.
 */
export function isLocked(lockFile: string): boolean {
  let inode: bigint;
  let dev: bigint;
  try {
    ({ ino: inode, dev } = statSync(lockFile, { bigint: true }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const device = renderDevice(dev);
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .map((line) => /^\d+: FLOCK\s+\S+\s+\S+\s+(-?\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /.exec(line))
    .some((match) => match?.[3] === String(inode) && (match[2] === device || hasOpen(match[1] ?? '', lockFile)));
}

/** The kernel's `major:minor` in hexadecimal, two digits at least. */
function renderDevice(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major.toString(16).padStart(2, '0')}:${minor.toString(16).padStart(2, '0')}`;
}

function hasOpen(pid: string, file: string): boolean {
  try {
    const path = realpathSync(file);
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false;
  }
}
