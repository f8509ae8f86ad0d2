import { AnswerCapabilities, type Settled } from './answer-capabilities.ts';
import { CallScope } from './call-scope.ts';
import type { Message } from './capnp/message.ts';
import { RETURN } from './envelope.ts';
import { beginResults, emptyReturn, exceptionReturn, type OpenCall } from './envelope-write.ts';
import type { Answer } from './hook.ts';
import type { KeptResults } from './kept-results.ts';
import { recycle } from './message-pool.ts';
import { abortError } from './plain-error.ts';
import type { Question } from './question.ts';
import { RpcError, thrownByMethod, toRpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/**
 * A call the peer made. It leaves the table once Return has been sent and Finish has come.
 *
 *     running ──method done──> returned ──Finish──> gone
 *       └──Finish──> finished ──method done──> gone
 *
 * A finished call is canceled, which aborts the method's signal, as soon as nobody else waits for its results: no call
 * that was pipelined on them, and no call of ours that has taken them.
 */
export class InboundAnswer {
  readonly id: number;
  readonly scope = new CallScope();
  readonly capabilities: AnswerCapabilities;
  /** The results, if the peer wants them kept here. */
  kept: KeptResults | undefined;
  readonly #session: Session;
  readonly #paramBytes: number;
  #params: Message | undefined;
  #returned = false;
  #finished = false;
  #settled: Settled | undefined;
  #resultExports: readonly number[] = [];
  /** Where the call was passed on to, until the results are here. */
  source: Answer | undefined;
  #tail: Question | undefined;

  constructor(session: Session, id: number, params: Message | undefined, paramBytes: number) {
    this.#session = session;
    this.id = id;
    this.capabilities = new AnswerCapabilities(session, this);
    this.#params = params;
    this.#paramBytes = paramBytes;
    session.inFlightCalls++;
    session.inFlightBytes += paramBytes;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** The results stay here, and somebody may want them. */
  get #keeping(): boolean {
    return this.kept !== undefined && (!this.#finished || this.kept.wanted);
  }

  /** The call was passed on; `source` is its answer there. */
  follow(source: Answer): void {
    this.source = source;
    this.capabilities.passedOnTo(source);
    source.outcome.watch(
      (results) => {
        this.source = undefined;
        const open = beginResults(this.id);
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
    this.capabilities.passedOnTo(question);
    question.holdForTail();
    this.#session.send(emptyReturn(this.id, RETURN.takeFromOtherQuestion, question.id));
    this.#end();
  }

  /** The method is done and has written its results. */
  succeed(open: OpenCall): void {
    const { message, content } = open;
    const session = this.#session;
    if (session.closed) {
      message.releaseCaps();
      this.#settle({ ok: false, error: session.closedError() });
    } else if (this.#keeping) {
      session.send(emptyReturn(this.id, RETURN.resultsSentElsewhere));
      this.#settle({ ok: true, results: content });
    } else if (this.#finished) {
      this.capabilities.settle({ ok: true, results: content });
      message.releaseCaps();
      this.#settle({ ok: false, error: new RpcError('failed', 'The call was canceled') });
      session.send(emptyReturn(this.id, RETURN.canceled));
    } else this.#sendResults(open);
    this.#end();
  }

  #sendResults(open: OpenCall): void {
    const { message, content } = open;
    try {
      this.#resultExports = this.#session.writeCaps(open);
    } catch (error) {
      message.releaseCaps();
      this.fail(thrownByMethod(error));
      return;
    }
    this.#session.push(message);
    const needed = message.caps.length > 0 || this.capabilities.promised;
    if (!needed) recycle(message);
    this.#settle({ ok: true, results: needed ? content : undefined });
  }

  fail(thrown: unknown): void {
    const error = toRpcError(thrown);
    const session = this.#session;
    if (!session.closed) {
      if (this.#keeping) session.send(emptyReturn(this.id, RETURN.resultsSentElsewhere));
      else if (this.#finished) session.send(emptyReturn(this.id, RETURN.canceled));
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
    this.capabilities.settle(how);
    this.kept?.settle(how);
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
      this.capabilities.drop();
      this.cancelUnwanted();
      return;
    }
    if (releaseResultCaps) for (const id of this.#resultExports) this.#session.exports.release(id, 1);
    this.#leave();
  }

  /** The connection is lost. */
  break(error: unknown): void {
    this.#finished = true;
    this.#cancel(error);
    if (this.#returned) this.#leave();
    else this.#settle({ ok: false, error });
  }

  /** Ends the call if the peer has finished it and nobody else waits for its results. */
  cancelUnwanted(): void {
    if (!this.#finished || this.#returned || this.kept?.wanted === true) return;
    const canceled = this.kept?.canceled === true;
    if (this.capabilities.wanted && !canceled) return;
    // A call that was passed on knows itself what waits for its results.
    if (this.source !== undefined && !canceled) this.source.close();
    else this.#cancel(abortError('The caller canceled the call'));
  }

  #cancel(reason: unknown): void {
    this.scope.abort(reason);
    this.source?.cancel(reason);
  }

  #leave(): void {
    this.#session.answers.delete(this.id);
    this.capabilities.drop();
    if (this.#settled?.ok === true) this.#settled.results?.segment.message.releaseCaps();
    this.#tail?.releaseTail();
  }
}
