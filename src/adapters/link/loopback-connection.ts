import { Fault } from '../../core/kit/fault.ts';
import { idempotentMethods, type LinkMessage, type LinkNetwork } from './loopback-network.ts';

type Route = Pick<LinkMessage, 'direction' | 'method'>;

/** One connection of the loopback link: carries calls both ways until it breaks, once and for good. */
export class LoopbackConnection {
  /** Resolves with the reason of the break. */
  readonly closed: Promise<string>;
  readonly #node: string;
  readonly #network: LinkNetwork;
  readonly #onBreak = new Set<(reason: string) => void>();
  #resolveClosed: (reason: string) => void = () => undefined;
  #brokenBecause: string | null = null;

  constructor(node: string, network: LinkNetwork) {
    this.#node = node;
    this.#network = network;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  break(reason: string): void {
    if (this.#brokenBecause !== null) return;
    this.#brokenBecause = reason;
    const listeners = [...this.#onBreak];
    this.#onBreak.clear();
    this.#resolveClosed(reason);
    for (const listener of listeners) listener(reason);
  }

  /** Calls back at the break, at once when it happened already. Returns how to take the listener away. */
  onBreak(listener: (reason: string) => void): () => void {
    if (this.#brokenBecause !== null) {
      listener(this.#brokenBecause);
      return () => undefined;
    }
    this.#onBreak.add(listener);
    return () => this.#onBreak.delete(listener);
  }

  /** One call to the other side. `signal: null`: not to be cancelled. Settles exactly once, whatever happens. */
  async call<T>(route: Route, invoke: (remote: AbortSignal) => Promise<T>, signal: AbortSignal | null): Promise<T> {
    signal?.throwIfAborted();
    if (this.#brokenBecause !== null) throw this.#lost(route, false);
    const remote = new AbortController();
    return await new Promise<T>((resolve, reject) => {
      const done = () => {
        signal?.removeEventListener('abort', onAbort);
        forget();
      };
      const onAbort = () => {
        done();
        // As the real link does: the callee knows no reason of the caller's.
        remote.abort(new DOMException(`The caller gave up on ${route.method}`, 'AbortError'));
        reject(signal?.reason);
      };
      const forget = this.onBreak((reason) => {
        signal?.removeEventListener('abort', onAbort);
        remote.abort(new Fault('server_unreachable', `The connection was lost: ${reason}`));
        reject(this.#lost(route, true));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#exchange(route, () => invoke(remote.signal)).then(
        (answer) => {
          done();
          resolve(answer);
        },
        (error: unknown) => {
          done();
          reject(error);
        },
      );
    });
  }

  /** Request there, answer back. A leg that is lost never settles this; the break does. */
  async #exchange<T>(route: Route, invoke: () => Promise<T>): Promise<T> {
    const request = await this.#network.carry({ ...route, node: this.#node, leg: 'request' });
    if (this.#brokenBecause !== null) return await never<T>();
    if (request.kind === 'lose') return await this.#loseThenBreak<T>(route.method, request.detectMs);
    if (request.kind === 'duplicate' && idempotentMethods.has(route.method)) invoke().catch(() => undefined);
    const outcome = await settle(invoke);
    const answer = await this.#network.carry({ ...route, node: this.#node, leg: 'answer' });
    if (this.#brokenBecause !== null) return await never<T>();
    if (answer.kind === 'lose') return await this.#loseThenBreak<T>(route.method, answer.detectMs);
    if (!outcome.ok) throw asRemoteFault(outcome.error);
    return outcome.value;
  }

  async #loseThenBreak<T>(method: string, detectMs: number): Promise<T> {
    await this.#network.waitMs(detectMs);
    this.break(`a message of ${method} was lost`);
    return await never<T>();
  }

  #lost(route: Route, sent: boolean): Fault {
    const because = this.#brokenBecause ?? 'the connection broke';
    if (route.direction === 'to_control') {
      return new Fault('server_unreachable', `Cannot reach the control plane: ${because}`);
    }
    if (!sent) return new Fault('node_unreachable', `Cannot call ${route.method} on node "${this.#node}": ${because}`);
    const message = `The connection to node "${this.#node}" broke during ${route.method}: ${because}`;
    return new Fault('outcome_unknown', message, { retry: 'never' });
  }
}

const never = <T>() => new Promise<T>(() => undefined);

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

async function settle<T>(invoke: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await invoke() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Errors cross a link as code, message, retry and details; everything that is no fault is a defect of the other side. */
function asRemoteFault(error: unknown): Fault {
  if (error instanceof Fault) {
    return new Fault(error.code, error.message, { retry: error.retry, details: error.details });
  }
  return new Fault('internal', error instanceof Error ? error.message : String(error));
}
