import type { Answer, CallRequest, Hook, HookSession } from './hook.ts';
import { PeerWay } from './peer-way.ts';
import type { Question } from './question.ts';
import type { Session } from './session.ts';

/**
 * A capability in the results of a call the peer has not answered: calls go to the peer at once, aimed at the answer
 * to come.
 *
 *     peer ──Return──> redirected
 */
export class PipelineHook implements Hook {
  readonly brokenBy = undefined;
  readonly questionId: number;
  readonly path: readonly number[];
  readonly #way: PeerWay;
  /** Until the answer is known. */
  #question: Question | undefined;
  #refs = 1;

  constructor(session: Session, question: Question, path: readonly number[]) {
    this.#way = new PeerWay(session, { kind: 'answer', questionId: question.id, path });
    this.#question = question;
    this.questionId = question.id;
    this.path = path;
  }

  get session(): HookSession | undefined {
    return this.#way.session;
  }

  get whenResolved(): ((fn: () => void) => () => void) | undefined {
    return this.#way.whenRedirected;
  }

  /** Nobody holds it any more. */
  get released(): boolean {
    return this.#refs === 0;
  }

  call(request: CallRequest): Answer {
    return this.#way.call(request);
  }

  markUsed(): void {
    this.#way.markUsed();
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs > 0) return;
    this.#question?.forget(this);
    this.#way.nearer?.release();
  }

  resolved(): Hook {
    return this.#way.nearer?.resolved() ?? this;
  }

  /** The answer is known; takes over one reference to `target`. */
  resolve(target: Hook): void {
    if (!this.#way.redirect(this, target)) return;
    this.#question = undefined;
    if (this.#refs === 0) this.#way.nearer?.release();
    this.#way.notify();
  }
}
