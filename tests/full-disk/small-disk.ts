/** A small disk of its own for tests that fill it. Only root can mount one; elsewhere the test is a named skip. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly dir: string;
  /** Leaves not a byte. */
  fill(): void;
  /** Gives back what `fill` took. */
  makeRoom(): void;
  unmount(): void;
}

/** Null where this user cannot mount one. */
export function mountSmallDisk(mib: number): SmallDisk | null {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', dir]).status === 0;
  if (!mounted) {
    rmSync(dir, { recursive: true });
    return null;
  }
  const filler = join(dir, 'filler');
  return {
    dir,
    fill: () => fillWith(filler),
    makeRoom: () => rmSync(filler),
    unmount() {
      spawnSync('umount', ['-l', dir]);
      rmSync(dir, { recursive: true });
    },
  };
}

function fillWith(file: string): void {
  const descriptor = openSync(file, 'a');
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(descriptor, block);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(descriptor);
  }
}
