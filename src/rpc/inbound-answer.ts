import { AnswerPipelines } from './answer-pipelines.ts';
import { BrokenHook } from './broken-hook.ts';
import { CallScope } from './call-scope.ts';
import type { Message } from './capnp/message.ts';
import type { Pointer } from './capnp/pointer.ts';
import { RETURN } from './envelope.ts';
import { emptyReturn, exceptionReturn, type OpenCall } from './envelope-write.ts';
import type { Answer, Hook } from './hook.ts';
import { recycle } from './message-pool.ts';
import { Outcome } from './outcome.ts';
import { abortError } from './plain-error.ts';
import type { Question } from './question.ts';
import { capabilityAtPath } from './results-path.ts';
import { RpcError, thrownByMethod, toRpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

type Settled = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

/** Results were sent; they are kept only if they hold capabilities. */
const DONE: Settled = { ok: true };

/**
 * A call the peer made. It leaves the table once Return has been sent and Finish has come.
 *
 *     running ──method done──> returned ──Finish──> gone
 *       └──Finish──> finished ──method done──> gone
 *
 * A finished call is canceled, which aborts the method's signal, as soon as no call that was pipelined on its results
 * waits for them.
 */
export class InboundAnswer {
  readonly id: number;
  readonly scope = new CallScope();
  /** The peer wants to keep the results here, for a later takeFromOtherQuestion. */
  keepResults = false;
  readonly #session: Session;
  readonly #paramBytes: number;
  #params: Message | undefined;
  #returned = false;
  #finished = false;
  #results: Pointer | undefined;
  #resultExports: readonly number[] = [];
  #outcome: Outcome<Pointer> | undefined;
  #settled: Settled | undefined;
  #pipelines: AnswerPipelines | undefined;
  /** Where the call was passed on to, and the capabilities asked of its results so far. */
  #source: Answer | undefined;
  #tail: Question | undefined;
  readonly #paths = new Map<string, Hook>();

  constructor(session: Session, id: number, params: Message | undefined, paramBytes: number) {
    this.#session = session;
    this.id = id;
    this.#params = params;
    this.#paramBytes = paramBytes;
    session.inFlightCalls++;
    session.inFlightBytes += paramBytes;
  }

  /** Results to come, for a takeFromOtherQuestion. They change hands: Finish does not release them. */
  get outcome(): Outcome<Pointer> {
    if (this.#outcome === undefined) {
      this.#outcome = new Outcome();
      this.#tellOutcome();
    }
    return this.#outcome;
  }

  #tellOutcome(): void {
    if (this.#settled === undefined || this.#outcome === undefined) return;
    if (!this.#settled.ok) this.#outcome.reject(this.#settled.error);
    else if (this.#results === undefined) this.#outcome.reject(noCapability());
    else this.#outcome.resolve(this.#results);
  }

  /** The capability at a path of the results; the caller owns one reference. Equal paths share one hook. */
  pipeline(path: readonly number[]): Hook {
    const key = path.join();
    let hook = this.#paths.get(key);
    if (hook === undefined) {
      const limit = this.#session.limits.capsPerMessage;
      if (this.#paths.size >= limit) this.#session.violation(`more than ${limit} capabilities asked of one answer`);
      if (this.#tail !== undefined) hook = this.#tail.pipeline(path);
      else if (this.#source !== undefined && !this.#returned) hook = this.#source.pipeline(path);
      else if (this.#settled !== undefined) hook = this.#capability(path, this.#settled);
      else {
        this.#pipelines ??= new AnswerPipelines(() => this.#cancelUnwanted());
        hook = this.#pipelines.at(path);
      }
      this.#paths.set(key, hook);
    }
    hook.addRef();
    return hook;
  }

  #capability(path: readonly number[], settled: Settled): Hook {
    if (!settled.ok) return new BrokenHook(settled.error);
    return this.#results === undefined ? new BrokenHook(noCapability()) : capabilityAtPath(this.#results, path);
  }

  /** The call was passed on; `source` is its answer there. */
  follow(source: Answer): void {
    this.#source = source;
    source.outcome.watch(
      (results) => {
        this.#source = undefined;
        const open = this.#session.openResults(this.id);
        try {
          open.content.set(results);
          this.succeed(open);
        } catch (error) {
          open.message.releaseCaps();
          this.fail(thrownByMethod(error));
        }
        source.close();
      },
      (error) => this.fail(error),
    );
  }

  /** The call was sent back to the peer, who keeps its results. */
  reflect(question: Question): void {
    this.#tail = question;
    question.holdForTail();
    this.#session.send(emptyReturn(this.id, RETURN.takeFromOtherQuestion, question.id));
    this.#end();
  }

  /** The method is done and has written its results. */
  succeed(open: OpenCall): void {
    const { message } = open;
    const session = this.#session;
    if (session.closed) {
      message.releaseCaps();
      this.#settle({ ok: false, error: session.closedError() });
      this.#end();
    } else if (this.#finished) {
      this.#pipelines?.settle((path) => capabilityAtPath(open.content, path));
      message.releaseCaps();
      this.#settle({ ok: false, error: new RpcError('failed', 'The call was canceled') });
      session.send(emptyReturn(this.id, RETURN.canceled));
      this.#end();
    } else if (this.keepResults) {
      this.#results = open.content;
      session.send(emptyReturn(this.id, RETURN.resultsSentElsewhere));
      this.#settle(DONE);
      this.#end();
    } else this.#sendResults(open);
  }

  #sendResults(open: OpenCall): void {
    const { message } = open;
    try {
      this.#resultExports = this.#session.writeCaps(open);
    } catch (error) {
      message.releaseCaps();
      this.fail(thrownByMethod(error));
      return;
    }
    this.#session.push(message);
    if (message.caps.length === 0 && this.#outcome === undefined && this.#pipelines === undefined) {
      recycle(message);
      this.#settle(DONE);
    } else {
      this.#results = open.content;
      this.#settle(DONE);
    }
    this.#end();
  }

  fail(thrown: unknown): void {
    const error = toRpcError(thrown);
    const session = this.#session;
    if (!session.closed) {
      if (this.#finished) session.send(emptyReturn(this.id, RETURN.canceled));
      else if (this.keepResults) session.send(emptyReturn(this.id, RETURN.resultsSentElsewhere));
      else session.send(exceptionReturn(this.id, error, session.limits.reasonChars));
    }
    this.#settle({ ok: false, error });
    this.#end();
  }

  /** The call was malformed: the connection is about to end, nothing is answered. */
  abandon(): void {
    this.#settle({ ok: false, error: new RpcError('failed', 'The call was malformed') });
    this.#end();
  }

  #settle(how: Settled): void {
    this.#settled = how;
    this.#pipelines?.settle((path) => this.#capability(path, how));
    this.#tellOutcome();
  }

  /** The running part is over: what it held is released. */
  #end(): void {
    if (this.#returned) return;
    this.#returned = true;
    this.#session.inFlightCalls--;
    this.#session.inFlightBytes -= this.#paramBytes;
    this.#params?.releaseCaps();
    this.#params = undefined;
    if (this.#finished) this.#leave();
  }

  /** Finish: the peer needs neither the answer nor, unless it pipelined calls that wait, the call. */
  finish(releaseResultCaps: boolean): void {
    this.#finished = true;
    if (!this.#returned) {
      this.#dropPaths();
      if (this.#source !== undefined) this.#source.close();
      else this.#cancelUnwanted();
      return;
    }
    if (releaseResultCaps) for (const id of this.#resultExports) this.#session.exports.release(id, 1);
    this.#leave();
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** The connection is lost. */
  break(error: unknown): void {
    this.#finished = true;
    this.#cancel(error);
    if (this.#returned) this.#leave();
    else this.#settle({ ok: false, error });
  }

  #cancelUnwanted(): void {
    if (!this.#finished || this.#pipelines?.wanted === true) return;
    this.#cancel(abortError('The caller canceled the call'));
  }

  #cancel(reason: unknown): void {
    this.scope.abort(reason);
    this.#source?.cancel(reason);
  }

  #leave(): void {
    this.#session.answers.delete(this.id);
    this.#dropPaths();
    // Kept results that were taken are the taker's; those that nobody took go with the answer.
    if (!this.keepResults || this.#outcome === undefined) this.#results?.segment.message.releaseCaps();
    this.#tail?.releaseTail();
  }

  #dropPaths(): void {
    const paths = [...this.#paths.values()];
    this.#paths.clear();
    for (const hook of paths) hook.release();
  }
}

function noCapability(): RpcError {
  return new RpcError('failed', 'Cannot call: the results hold no capability');
}
