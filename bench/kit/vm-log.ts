import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/kit/json.ts';
import { imagesDir } from '../../tests/e2e/cluster.ts';

/** How often a file is looked at: the error of every time that is taken from one. */
const lookEveryMs = 1;

/** Resolves with the time (of `performance.now`) at which a file had its first byte. */
export async function firstByteAt(file: string, withinMs = 60_000): Promise<number> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0) return performance.now();
    if (performance.now() > deadline) throw new Error(`${file} stayed empty for ${withinMs} ms`);
    await delay(lookEveryMs);
  }
}

/** The serial log of a VM of a cluster. */
export const serialLogOf = (dataDir: string, uid: string): string =>
  join(dataDir, 'agent', 'instances', uid, 'console.log');

interface LoggedAction {
  /** ms since 1970 on this machine's clock, in steps of 1. */
  readonly at: number;
  readonly uid: string;
  readonly action: string;
}

/** The actions that the agent of a cluster has begun, oldest first. */
export function actionsOf(dataDir: string): readonly LoggedAction[] {
  const file = join(dataDir, 'agent.log');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"msg":"action"'))
    .map((line) => {
      const { time, uid, action } = JSON.parse(line) as { time: string; uid: string; action: string };
      return { at: Date.parse(time), uid, action };
    });
}

/** A guest that writes to its serial line as early as a kernel can, so that little of the boot is in the number. */
export const earlySpeaker: JsonObject = { cmdline: 'console=ttyS0 earlyprintk=serial,ttyS0,115200 panic=5' };

export const guestKernel = join(imagesDir, 'vmlinuz');
export const guestInitrd = join(imagesDir, 'initrd.gz');

/** ms since 1970 with fractions. */
export const epochMs = (): number => performance.timeOrigin + performance.now();
