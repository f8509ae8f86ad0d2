import { existsSync } from 'node:fs';
import { lockDataDir } from '../../adapters/store/data-dir-lock.ts';
import { faultCode } from '../../core/kit/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import { pause } from '../../ports/pause.ts';

/** A process that was asked to end (as those of an `up` that was killed are) lets go within this. */
const letGoWithinMs = 20_000;
const lookEveryMs = 100;

export interface AwaitLocksDeps {
  readonly clock: Clock;
  readonly interrupted: AbortSignal;
  readonly warn: (sentence: string) => void;
}

/**
 * Resolves when nobody holds any of the directories, each of which server or agent is about to take. A holder may be about
 * to end; one that goes on, such as an agent that was started by hand, would keep them from ever starting. Fault
 * `data_dir_in_use`.
 */
export async function awaitLocks(deps: AwaitLocksDeps, dirs: readonly string[]): Promise<void> {
  const { clock, interrupted, warn } = deps;
  const deadline = clock.bootMs() + letGoWithinMs;
  let isTold = false;
  for (;;) {
    try {
      for (const dir of dirs) if (existsSync(dir)) lockDataDir(dir).release();
      return;
    } catch (error) {
      if (faultCode(error) !== 'data_dir_in_use' || clock.bootMs() >= deadline) throw error;
      if (!isTold) warn(`${(error as Error).message}; waiting up to ${letGoWithinMs / 1000} s for it to end`);
      isTold = true;
    }
    await pause(clock, lookEveryMs, interrupted);
    interrupted.throwIfAborted();
  }
}
