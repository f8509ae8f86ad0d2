import type { Target } from './envelope.ts';
import type { Answer, CallRequest, Hook, HookSession } from './hook.ts';
import type { Question } from './question.ts';
import type { Session } from './session.ts';

/** Where calls go. Once redirected nothing of the connection is held: see the essay in capability.ts. */
type Way =
  | { readonly kind: 'peer'; readonly session: Session; readonly question: Question }
  | { readonly kind: 'redirected'; readonly to: Hook };

/**
 * A capability in the results of a call the peer has not answered: calls go to the peer at once, aimed at the answer
 * to come.
 *
 *     peer ──Return──> redirected (through an embargo, if calls went ahead to what turns out to live here)
 */
export class PipelineHook implements Hook {
  readonly brokenBy = undefined;
  readonly questionId: number;
  readonly path: readonly number[];
  #way: Way;
  #refs = 1;
  #used = false;
  #watchers: (() => void)[] = [];

  constructor(session: Session, question: Question, path: readonly number[]) {
    this.#way = { kind: 'peer', session, question };
    this.questionId = question.id;
    this.path = path;
  }

  get session(): HookSession | undefined {
    return this.#way.kind === 'peer' ? this.#way.session : undefined;
  }

  get whenResolved(): ((fn: () => void) => void) | undefined {
    if (this.#way.kind === 'redirected') return undefined;
    return (fn) => {
      this.#watchers.push(fn);
    };
  }

  /** Nobody holds it any more. */
  get released(): boolean {
    return this.#refs === 0;
  }

  get #target(): Target {
    return { kind: 'answer', questionId: this.questionId, path: this.path };
  }

  call(request: CallRequest): Answer {
    if (this.#way.kind === 'redirected') return this.#way.to.call(request);
    this.#used = true;
    return this.#way.session.sendCall(this.#target, request);
  }

  markUsed(): void {
    this.#used = true;
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs > 0) return;
    if (this.#way.kind === 'peer') this.#way.question.forget(this);
    else this.#way.to.release();
  }

  resolved(): Hook {
    return this.#way.kind === 'redirected' ? this.#way.to.resolved() : this;
  }

  /** The answer is known; takes over one reference to `target`. */
  resolve(target: Hook): void {
    if (this.#way.kind === 'redirected') {
      target.release();
      return;
    }
    const to = this.#used ? this.#way.session.embargoIfLocal(this.#target, target) : target;
    this.#way = { kind: 'redirected', to };
    if (this.#refs === 0) to.release();
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}
