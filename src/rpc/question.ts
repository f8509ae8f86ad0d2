import { BrokenHook } from './broken-hook.ts';
import type { Pointer } from './capnp/pointer.ts';
import { finishMessage } from './envelope-write.ts';
import type { Answer, Hook } from './hook.ts';
import { onAbort } from './on-abort.ts';
import { Outcome } from './outcome.ts';
import { PipelineHook } from './pipeline-hook.ts';
import { abortError } from './plain-error.ts';
import { capabilityAtPath } from './results-path.ts';
import type { Session } from './session.ts';

/**
 * A call we made. Its id may be used again once both Return has come and Finish has left.
 *
 *     waiting ──Return──> returned (Finish sent at once; a reflected call: when the peer is done with it)
 *       └──cancel, or close and nothing asked of its results is held──> canceled (Finish sent) ──Return──> returned
 *
 * The peer is done with a reflected call when it has finished the call it carries on: mostly before it has returned.
 */
export class Question implements Answer {
  readonly id: number;
  readonly outcome = new Outcome<Pointer>();
  /** Ids of our capabilities in the parameters, one entry a reference. */
  paramExports: readonly number[] = [];
  /** State of the outbox when the call was queued: tells whether it has left. */
  readonly flushMark: number;
  readonly #session: Session;
  #state: 'waiting' | 'canceled' | 'returned' = 'waiting';
  readonly #pipelines = new Map<string, PipelineHook>();
  #results: Pointer | undefined;
  #failure: unknown;
  /** For results that came into being here: the answer they are taken from. */
  #source: Answer | undefined;
  readonly #unlisten: () => void;
  /** A call of the peer that was sent back to it: its results stay there. */
  reflected = false;
  /** A reflected call waits for this before it is finished. */
  #heldForTail = false;
  /** Whoever made the call has given its results up. */
  #closed = false;

  constructor(session: Session, id: number, signal: AbortSignal | undefined) {
    this.#session = session;
    this.id = id;
    this.flushMark = session.flushMark;
    this.#unlisten = onAbort(signal, (reason) => this.cancel(reason));
  }

  get returned(): boolean {
    return this.#state === 'returned';
  }

  /** Finish has been sent before Return came: what Return carries is not for us. */
  get canceled(): boolean {
    return this.#state === 'canceled';
  }

  get from(): Answer | undefined {
    return this.#source;
  }

  pipeline(path: readonly number[]): Hook {
    const key = path.join();
    const known = this.#pipelines.get(key);
    if (known !== undefined && !known.released) {
      known.addRef();
      return known;
    }
    if (this.#results !== undefined) return capabilityAtPath(this.#results, path);
    if (this.#source !== undefined) return this.#source.pipeline(path);
    if (this.#state !== 'waiting' && !this.#heldForTail) return new BrokenHook(this.#failure);
    const hook = new PipelineHook(this.#session, this, path);
    this.#pipelines.set(key, hook);
    return hook;
  }

  forget(hook: PipelineHook): void {
    this.#pipelines.delete(hook.path.join());
    this.#endUnwanted();
    this.#finishTail();
  }

  /** Return brought results. Pipelined capabilities switch over before anybody is told. */
  resolve(results: Pointer): void {
    this.#results = results;
    this.#settlePipelines((path) => capabilityAtPath(results, path));
    this.#finish(false);
    if (this.#closed) results.segment.message.releaseCaps();
    this.outcome.resolve(results);
  }

  /** Return says that the results are those of a call the peer made to us. */
  takeFrom(source: Answer): void {
    this.#source = source;
    this.#settlePipelines((path) => source.pipeline(path));
    this.#sendFinish(false);
    source.outcome.watch(
      (results) => {
        this.#unlisten();
        this.#results = results;
        this.outcome.resolve(results);
      },
      (error) => {
        this.#unlisten();
        this.outcome.reject(error);
      },
    );
    if (this.#closed) source.close();
  }

  reject(error: unknown): void {
    this.#failure = error;
    this.#settlePipelines(() => new BrokenHook(error));
    this.#finish(false);
    this.outcome.reject(error);
  }

  /** Return came for a call we had given up. */
  endCanceled(): void {
    this.#state = 'returned';
    this.#session.questions.giveBack(this.id);
  }

  /** The connection is lost; nothing more can be sent. */
  break(error: unknown): void {
    this.#unlisten();
    this.#state = 'returned';
    this.#failure = error;
    this.#settlePipelines(() => new BrokenHook(error));
    this.outcome.reject(error);
  }

  cancel(reason: unknown): void {
    if (this.#state !== 'waiting') {
      this.#source?.cancel(reason);
      this.outcome.reject(reason);
      return;
    }
    this.#unlisten();
    this.#state = 'canceled';
    this.#failure = reason;
    this.#settlePipelines(() => new BrokenHook(reason));
    this.#session.send(finishMessage(this.id, true));
    this.outcome.reject(reason);
  }

  close(): void {
    this.#closed = true;
    if (this.#source !== undefined) this.#source.close();
    else this.#results?.segment.message.releaseCaps();
    this.#endUnwanted();
    if (this.outcome.pending) this.outcome.reject(abortError('The call was closed'));
  }

  #endUnwanted(): void {
    const unwanted = this.#closed && this.#state === 'waiting' && this.#pipelines.size === 0;
    if (unwanted) this.cancel(abortError('The call was closed'));
  }

  /** This call carries on a call of the peer: it stays open until the peer has finished that one. */
  holdForTail(): void {
    this.reflected = true;
    this.#heldForTail = true;
  }

  /** The peer may still run it: for nobody, or for the call of its own that has taken its results. */
  releaseTail(): void {
    this.#heldForTail = false;
    this.close();
    this.#finishTail();
  }

  /** Return came for a reflected call: the results stay with the peer. */
  endTail(): void {
    this.#state = 'returned';
    this.#finishTail();
  }

  #finishTail(): void {
    if (this.#state !== 'returned' || this.#heldForTail || this.#pipelines.size > 0) return;
    if (this.#session.questions.get(this.id) === this) this.#finish(false);
  }

  #settlePipelines(target: (path: readonly number[]) => Hook): void {
    for (const hook of [...this.#pipelines.values()]) hook.resolve(target(hook.path));
  }

  #finish(releaseResultCaps: boolean): void {
    this.#unlisten();
    this.#sendFinish(releaseResultCaps);
  }

  #sendFinish(releaseResultCaps: boolean): void {
    this.#state = 'returned';
    this.#session.send(finishMessage(this.id, releaseResultCaps));
    this.#session.questions.giveBack(this.id);
  }
}
