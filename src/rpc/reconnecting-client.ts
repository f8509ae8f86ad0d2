import type { Duplex } from 'node:stream';
import { Capability, type ClientClass, type ClientHolder } from './capability.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { onAbort } from './on-abort.ts';
import { lost, ReconnectingHook } from './reconnecting-hook.ts';
import { RpcError } from './rpc-error.ts';
import { realTimer } from './timer.ts';

/** How long to wait between attempts: doubled each time, with jitter, so that a fleet does not come back at once. */
export type Backoff = { readonly firstMs: number; readonly maxMs: number };

export const DEFAULT_BACKOFF: Backoff = { firstMs: 100, maxMs: 30_000 };

/** Time for one attempt, from opening the stream to the bootstrap answer; then the next one begins. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

export type ReconnectingOptions = {
  /** Opens a stream to the peer; a rejection counts as a failed attempt. */
  readonly open: (signal: AbortSignal) => Duplex | Promise<Duplex>;
  /** 0 ≤ random() < 1, for the jitter. */
  readonly random: () => number;
  readonly backoff?: Backoff;
  readonly connectTimeoutMs?: number;
  readonly connection?: Omit<ConnectionOptions, 'onClose'>;
  readonly onChange?: (state: ReconnectState) => void;
};

/**
 *     connecting ──bootstrap answered──> connected ──connection lost──> waiting
 *       └──failed──> waiting ──backoff over──> connecting            any ──close()──> closed
 */
export type ReconnectState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'connected'; readonly connection: Connection }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryInMs: number; readonly reason: RpcError }
  | { readonly kind: 'closed' };

/** A client that outlives its connections. Calls are never made twice: one that is lost rejects as `disconnected`. */
export class ReconnectingClient<C extends ClientHolder> {
  /** Calls go to the connection of the moment; without one they reject at once, as `disconnected` with retry `later`. */
  readonly client: C;
  readonly #options: ReconnectingOptions;
  readonly #hook = new ReconnectingHook();
  #state: ReconnectState = { kind: 'connecting', attempt: 0 };
  #takeBack: () => void = () => undefined;
  #abort = new AbortController();
  readonly #waiting = new Set<{ readonly resolve: () => void; readonly reject: (error: unknown) => void }>();

  constructor(interfaceClass: { readonly Client: ClientClass<C> }, options: ReconnectingOptions) {
    this.#options = options;
    this.client = new interfaceClass.Client(new Capability(this.#hook));
    this.#connect(0);
  }

  get state(): ReconnectState {
    return this.#state;
  }

  /** Resolves when there is a connection; rejects with the signal's reason, or when the client is closed. */
  ready(signal?: AbortSignal): Promise<void> {
    if (this.#state.kind === 'connected') return Promise.resolve();
    if (this.#state.kind === 'closed') return Promise.reject(closedError());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const unlisten = onAbort(signal, reject);
    const waiter = { resolve, reject };
    this.#waiting.add(waiter);
    return promise.finally(() => {
      unlisten();
      this.#waiting.delete(waiter);
    });
  }

  /** Ends the connection and all attempts. */
  close(): void {
    if (this.#state.kind === 'closed') return;
    const before = this.#state;
    this.#setState({ kind: 'closed' });
    this.#takeBack();
    this.#abort.abort();
    this.#hook.disconnect(closedError());
    if (before.kind === 'connected') before.connection.close();
    for (const { reject } of this.#waiting) reject(closedError());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #setState(state: ReconnectState): void {
    this.#state = state;
    this.#options.onChange?.(state);
  }

  #connect(attempt: number): void {
    const timer = this.#options.connection?.timer ?? realTimer;
    const timeoutMs = this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const abort = new AbortController();
    this.#abort = abort;
    this.#setState({ kind: 'connecting', attempt });
    let over = false;
    const fail = (reason: RpcError): void => {
      if (over) return;
      over = true;
      abort.abort(reason);
      this.#retry(attempt + 1, reason);
    };
    this.#takeBack = timer.after(timeoutMs, () =>
      fail(new RpcError('disconnected', `Cannot connect: no answer within ${timeoutMs} ms`)),
    );
    this.#attempt(abort.signal, fail).then(
      () => undefined,
      (error: unknown) => fail(lost(error)),
    );
  }

  async #attempt(signal: AbortSignal, fail: (reason: RpcError) => void): Promise<void> {
    const stream = await this.#options.open(signal);
    if (signal.aborted) {
      stream.destroy();
      return;
    }
    let connected = false;
    const connection = new Connection(stream, {
      ...this.#options.connection,
      onClose: (reason) => {
        if (!connected) fail(reason);
        else if (this.#state.kind === 'connected' && this.#state.connection === connection) this.#retry(0, reason);
      },
    });
    signal.addEventListener('abort', () => connection.close('the attempt was given up'), { once: true });
    const { capability, returned } = connection.openBootstrap();
    await returned;
    if (signal.aborted) return;
    connected = true;
    this.#takeBack();
    this.#hook.connect(capability);
    this.#setState({ kind: 'connected', connection });
    for (const { resolve } of this.#waiting) resolve();
  }

  /** `attempt` 0: a working connection was lost, the first try comes soon. */
  #retry(attempt: number, reason: RpcError): void {
    if (this.#state.kind === 'closed') return;
    this.#takeBack();
    this.#hook.disconnect(lost(reason));
    const { firstMs, maxMs } = this.#options.backoff ?? DEFAULT_BACKOFF;
    const { random } = this.#options;
    const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
    const retryInMs = fullMs * (0.5 + random() / 2);
    const timer = this.#options.connection?.timer ?? realTimer;
    this.#setState({ kind: 'waiting', attempt, retryInMs, reason });
    this.#takeBack = timer.after(retryInMs, () => this.#connect(attempt));
  }
}

function closedError(): RpcError {
  return new RpcError('disconnected', 'Cannot call: the client was closed', { mayHaveRun: false });
}
