import type { Duplex } from 'node:stream';
import { BrokenHook } from './broken-hook.ts';
import { Capability, type Client, type ClientClass, type ClientHolder } from './capability.ts';
import { MalformedMessageError } from './capnp/malformed-message-error.ts';
import type { Message } from './capnp/message.ts';
import { bootstrapMessage } from './envelope-write.ts';
import { FrameReader } from './frame-reader.ts';
import { handleMessage } from './inbound.ts';
import { watchSilence } from './keep-alive.ts';
import { DEFAULT_LIMITS, type RpcLimits } from './limits.ts';
import { Question } from './question.ts';
import { RpcError } from './rpc-error.ts';
import { Session } from './session.ts';
import { type RpcTimer, realTimer } from './timer.ts';

export type ConnectionOptions = {
  /** What the peer gets when it bootstraps: an object for all, or one made for this connection when first asked for. */
  readonly bootstrap?: ClientHolder | ((connection: Connection) => ClientHolder);
  readonly limits?: Partial<RpcLimits>;
  readonly timer?: RpcTimer;
  /** Told once, with the reason, when the connection has ended. */
  readonly onClose?: (reason: RpcError) => void;
};

/** Sizes of the tables; all zero when nothing is in use. */
export type ConnectionStats = {
  readonly questions: number;
  readonly answers: number;
  readonly exports: number;
  readonly imports: number;
  readonly embargoes: number;
  readonly inFlightCalls: number;
};

/** Cap'n Proto RPC, level 1, over any stream of bytes: a socket, a pipe, TLS. Both sides are equal. */
export class Connection {
  /** Resolves, never rejects, with the reason once the connection has ended and every call has settled. */
  readonly closed: Promise<RpcError>;
  readonly #session: Session;
  readonly #frames: FrameReader;
  #main: Capability | undefined;

  constructor(stream: Duplex, options: ConnectionOptions = {}) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const timer = options.timer ?? realTimer;
    const ended = Promise.withResolvers<RpcError>();
    this.closed = ended.promise;
    this.#session = new Session({
      stream,
      timer,
      limits,
      main: () => this.#bootstrapObject(options.bootstrap),
      onClosed: (reason) => {
        this.#main?.close();
        stopWatching();
        ended.resolve(reason);
        options.onClose?.(reason);
      },
    });
    this.#frames = new FrameReader(limits, (error) => this.#malformed(error));
    const stopWatching = watchSilence(this.#session);
    this.#listen(stream);
  }

  /** False once the connection has ended, by either side. */
  get open(): boolean {
    return !this.#session.closed;
  }

  /** What is in use at this moment. */
  get stats(): ConnectionStats {
    const { questions, answers, exports, imports, embargoes, inFlightCalls } = this.#session;
    return {
      questions: questions.size,
      answers: answers.size,
      exports: exports.size,
      imports: imports.size,
      embargoes: embargoes.size,
      inFlightCalls,
    };
  }

  /** The peer's main object. Usable at once: calls are sent ahead of the answer. Close it when done. */
  bootstrap<C extends ClientHolder>(interfaceClass: { readonly Client: ClientClass<C> }): C {
    return new interfaceClass.Client(this.bootstrapCapability());
  }

  /** The same without the class of its interface, to be passed on. */
  bootstrapCapability(): Capability {
    return this.openBootstrap().capability;
  }

  /** The same, with a promise that resolves when the peer has answered and rejects when it offers nothing. */
  openBootstrap(): { readonly capability: Capability; readonly returned: Promise<void> } {
    const session = this.#session;
    if (session.closed) {
      const error = session.closedError();
      return { capability: new Capability(new BrokenHook(error)), returned: silenced(Promise.reject(error)) };
    }
    const question = new Question(session, session.questions.takeId(), undefined);
    session.questions.add(question);
    session.send(bootstrapMessage(question.id));
    const capability = new Capability(question.pipeline([]));
    const returned = new Promise<void>((resolve, reject) => {
      question.outcome.watch(() => {
        // The results hold nothing but the capability, which has a reference of its own by now.
        question.close();
        resolve();
      }, reject);
    });
    return { capability, returned: silenced(returned) };
  }

  /** Ends the connection: the peer is told why, pending calls reject as `disconnected`. */
  close(reason = 'the connection was closed'): void {
    this.#session.abort(new RpcError('disconnected', reason));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #bootstrapObject(bootstrap: ConnectionOptions['bootstrap']): Client | undefined {
    if (bootstrap === undefined) return undefined;
    this.#main ??= (typeof bootstrap === 'function' ? bootstrap(this) : bootstrap).client.reference();
    return this.#main;
  }

  #listen(stream: Duplex): void {
    const session = this.#session;
    if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
    let failure: Error | undefined;
    const ended = (): void => {
      const torn = this.#frames.atBoundary ? '' : ' in the middle of a message';
      const why = failure === undefined ? `The peer disconnected${torn}` : `Connection lost: ${failure.message}`;
      session.shutdown(new RpcError('disconnected', why));
    };
    // A stream that ended before it was handed over would never say so again.
    if (stream.destroyed || stream.readableEnded) queueMicrotask(ended);
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('end', ended);
    stream.on('close', ended);
    stream.on('error', (error) => {
      failure ??= error;
      ended();
    });
  }

  #read(chunk: Buffer): void {
    const session = this.#session;
    if (session.closed) return;
    session.heardAt = session.timer.now();
    session.heardCount++;
    try {
      this.#frames.feed(chunk, (message, byteCount) => this.#handle(message, byteCount));
    } catch (error) {
      this.#malformed(error);
    }
  }

  #handle(message: Message, byteCount: number): boolean {
    handleMessage(this.#session, message, byteCount);
    return !this.#session.closed;
  }

  #malformed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof MalformedMessageError || error instanceof RangeError) {
      this.#session.abort(new RpcError('failed', reason));
      return;
    }
    this.#session.abort(new RpcError('failed', `Internal error: ${reason}`));
  }
}

/** Who does not wait for it shall not be blamed for its rejection. */
function silenced<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
