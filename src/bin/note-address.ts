import { existsSync, readFileSync } from 'node:fs';
import { faultCode } from '../core/kit/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { pause } from '../ports/pause.ts';
import { replaceFile } from './replace-file.ts';

/** How often a full disk is tried again. */
const againAfterMs = 10_000;

/** The base URL that a control plane wrote there; null where no whole one is in it. */
export function addressIn(file: string): string | null {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return URL.canParse(text) ? text : null;
}

/**
 * Writes where the control plane listens, for who looks for it. A disk that is full keeps no control plane from answering
 * (spec §11): it is written as soon as there is room. Resolves when it is, or `signal` aborts.
 */
export async function noteAddress(
  { clock, log }: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Pick<Log, 'warn'> },
  { file, address }: { readonly file: string; readonly address: string },
  signal: AbortSignal,
): Promise<void> {
  let isTold = false;
  while (!signal.aborted && addressIn(file) !== address) {
    try {
      replaceFile(file, `${address}\n`, 0o644);
      return;
    } catch (error) {
      if (faultCode(error) !== 'store_full') throw error;
      if (!isTold) log.warn('The address is not written down before there is room for it', { error: String(error) });
      isTold = true;
    }
    await pause(clock, againAfterMs, signal);
  }
}
