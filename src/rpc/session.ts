import type { Duplex } from 'node:stream';
import { describeCaps, writeDescribed } from './cap-descriptors.ts';
import type { Client } from './capability.ts';
import { MalformedMessageError } from './capnp/malformed-message-error.ts';
import type { Message } from './capnp/message.ts';
import { Embargoes } from './embargoes.ts';
import { SEND_RESULTS_TO, type Target } from './envelope.ts';
import { abortMessage, type OpenCall } from './envelope-write.ts';
import { ExportTable } from './exports.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import { ImportTable } from './imports.ts';
import type { InboundAnswer } from './inbound-answer.ts';
import type { RpcLimits } from './limits.ts';
import { recycle } from './message-pool.ts';
import { ask } from './outbound-call.ts';
import { Outbox } from './outbox.ts';
import { QuestionTable } from './questions.ts';
import { RpcError } from './rpc-error.ts';
import type { RpcTimer } from './timer.ts';

export type SessionDeps = {
  readonly stream: Duplex;
  readonly timer: RpcTimer;
  readonly limits: RpcLimits;
  /** The object the peer gets when it bootstraps. */
  readonly main: () => Client | undefined;
  readonly onClosed: (reason: RpcError) => void;
};

/** The state of one connection: the four tables of the protocol, the way out, and how it all ends. */
export class Session {
  readonly limits: RpcLimits;
  readonly timer: RpcTimer;
  readonly main: () => Client | undefined;
  readonly questions = new QuestionTable();
  readonly answers = new Map<number, InboundAnswer>();
  readonly exports: ExportTable;
  readonly imports: ImportTable;
  readonly embargoes: Embargoes;
  inFlightCalls = 0;
  inFlightBytes = 0;
  /** When a call, return or anything else that is no sign of life last passed. */
  activeAt: number;
  /** When bytes last came. */
  heardAt: number;
  /** How often bytes came. */
  heardCount = 0;
  readonly #stream: Duplex;
  readonly #outbox: Outbox;
  readonly #onClosed: (reason: RpcError) => void;
  #closedBy: RpcError | undefined;

  constructor(deps: SessionDeps) {
    this.limits = deps.limits;
    this.timer = deps.timer;
    this.main = deps.main;
    this.#stream = deps.stream;
    this.#onClosed = deps.onClosed;
    this.#outbox = new Outbox(deps.stream);
    this.exports = new ExportTable(deps.limits.exports);
    this.imports = new ImportTable(this);
    this.embargoes = new Embargoes(this);
    this.activeAt = deps.timer.now();
    this.heardAt = this.activeAt;
  }

  get closed(): boolean {
    return this.#closedBy !== undefined;
  }

  get flushMark(): number {
    return this.#outbox.flushes;
  }

  /** The error of a call that never left. */
  closedError(): RpcError {
    const why = this.#closedBy?.message ?? 'the connection is open';
    return new RpcError('disconnected', why, { mayHaveRun: false });
  }

  /** Sends a message that is complete; its buffer is used again. */
  send(message: Message): void {
    if (this.#closedBy === undefined) this.push(message);
    recycle(message);
  }

  /** Queues a message; it stays readable here. */
  push(message: Message): void {
    this.#outbox.push(message);
    const waiting = this.#outbox.bufferedBytes;
    if (waiting > this.limits.outboundBytes) {
      this.abort(new RpcError('overloaded', `Cannot send: ${waiting} bytes wait for a peer that does not read`));
    }
  }

  /** Bytes that wait for the peer to read. */
  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes;
  }

  /** Makes a call on something the peer hosts. */
  sendCall(target: Target, request: CallRequest): Answer {
    return ask(this, target, request, SEND_RESULTS_TO.caller);
  }

  /** Describes a payload's capabilities to the peer; answers the ids exported, one entry a reference. */
  writeCaps(open: OpenCall): readonly number[] {
    const described = describeCaps(this, open.message);
    writeDescribed(open, described);
    return described.exports;
  }

  /** A way to `target` that keeps the order behind calls already sent to `self`. Takes over one reference. */
  embargoIfLocal(self: Target, target: Hook): Hook {
    const innermost = target.resolved();
    if (innermost.session === this) {
      // Still at the peer, but the calls made on `self` are on their way to it: they count as made on it.
      innermost.markUsed?.();
      return target;
    }
    if (this.closed || innermost.brokenBy !== undefined) return target;
    return this.embargoes.begin(self, target);
  }

  /** The peer broke the rules: throws what the connection is aborted with. */
  violation(reason: string): never {
    throw new MalformedMessageError(`Protocol error: ${reason}`);
  }

  /** Tells the peer why and ends the connection. */
  abort(error: RpcError): void {
    if (this.#closedBy !== undefined) return;
    this.#outbox.push(abortMessage(error, this.limits.reasonChars));
    this.shutdown(error);
  }

  /** Ends the connection: every call settles, everything held for the peer is released. */
  shutdown(why: RpcError): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = why;
    const lost = (mayHaveRun: boolean): RpcError => new RpcError('disconnected', why.message, { mayHaveRun });
    const unsent = this.#outbox.flushes;
    this.#outbox.flush();
    this.#closeStream();
    const error = lost(true);
    for (const question of this.questions.drain()) question.break(question.flushMark < unsent ? error : lost(false));
    for (const answer of [...this.answers.values()]) answer.break(error);
    this.answers.clear();
    this.embargoes.clear(error);
    this.imports.clear(lost(false));
    this.exports.clear();
    this.#onClosed(why);
  }

  #closeStream(): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    const takeBack = this.timer.after(this.limits.closeMs, () => stream.destroy());
    stream.once('close', takeBack);
    stream.end(() => stream.destroy());
  }
}
