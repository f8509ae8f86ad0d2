import { brokenAnswer, dropParams } from './broken-hook.ts';
import type { Capability } from './capability.ts';
import type { Answer, CallRequest, Hook, HookSession } from './hook.ts';
import { RpcError } from './rpc-error.ts';

/** The error of calls made while there is no connection: they are not sent, so they may be made again. */
export function lost(error: unknown): RpcError {
  const reason = error instanceof Error ? error.message : String(error);
  return new RpcError('disconnected', `Cannot call: not connected (${reason})`, { mayHaveRun: false });
}

/** The capability behind the client: whatever the peer of the moment offers. */
export class ReconnectingHook implements Hook {
  readonly whenResolved = undefined;
  #current: Capability | undefined;
  #why = lost(new Error('the first connection is not up yet'));

  get session(): HookSession | undefined {
    return undefined;
  }

  get brokenBy(): unknown {
    return this.#current === undefined ? this.#why : undefined;
  }

  connect(capability: Capability): void {
    this.#current?.close();
    this.#current = capability;
  }

  disconnect(why: RpcError): void {
    this.#current?.close();
    this.#current = undefined;
    this.#why = why;
  }

  call(request: CallRequest): Answer {
    if (this.#current !== undefined) return this.#current.hook.call(request);
    dropParams(request);
    return brokenAnswer(this.#why);
  }

  addRef(): void {}
  release(): void {}

  resolved(): Hook {
    return this.#current?.hook.resolved() ?? this;
  }
}
