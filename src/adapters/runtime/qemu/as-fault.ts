import { Fault } from '../../../core/kit/fault.ts';

/**
 * Errors of the file system as failure reasons: no room is `pool_full`, anything else `realisation_failed` without a
 * host path (S7).
 */
export function asFault(action: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof Fault) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Fault('pool_full', `${action}: no space left`, { cause: error });
  }
  const detail = code === undefined ? 'unexpected failure' : `${syscall ?? 'call'} failed with ${code}`;
  return new Fault('realisation_failed', `${action}: ${detail}`, { cause: error });
}
