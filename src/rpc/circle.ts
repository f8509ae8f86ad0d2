import { BrokenHook } from './broken-hook.ts';
import type { Hook } from './hook.ts';
import { RpcError } from './rpc-error.ts';

/** What a promise becomes that was to become `hook`, which waits for that very promise. Takes over one reference. */
export function circle(hook: Hook): Hook {
  hook.release();
  return new BrokenHook(new RpcError('failed', 'Cannot call: the promise leads back to itself', { mayHaveRun: false }));
}
