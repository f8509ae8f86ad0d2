import type { Answer, CallRequest, Hook, HookSession } from './hook.ts';
import type { Question } from './question.ts';
import type { Session } from './session.ts';

/**
 * A capability in the results of a call the peer has not answered: calls go to the peer at once, aimed at the answer
 * to come.
 *
 *     pending ──Return──> redirected (through an embargo, if calls went ahead to what turns out to live here)
 */
export class PipelineHook implements Hook {
  readonly brokenBy = undefined;
  readonly question: Question;
  readonly path: readonly number[];
  readonly #session: Session;
  #refs = 1;
  #used = false;
  #redirect: Hook | undefined;
  #watchers: (() => void)[] = [];

  constructor(session: Session, question: Question, path: readonly number[]) {
    this.#session = session;
    this.question = question;
    this.path = path;
  }

  get session(): HookSession | undefined {
    return this.#redirect === undefined ? this.#session : undefined;
  }

  get whenResolved(): ((fn: () => void) => void) | undefined {
    if (this.#redirect !== undefined) return undefined;
    return (fn) => {
      this.#watchers.push(fn);
    };
  }

  call(request: CallRequest): Answer {
    if (this.#redirect !== undefined) return this.#redirect.call(request);
    this.#used = true;
    return this.#session.sendCall({ kind: 'answer', questionId: this.question.id, path: this.path }, request);
  }

  markUsed(): void {
    this.#used = true;
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs > 0) return;
    this.question.forget(this);
    this.#redirect?.release();
  }

  resolved(): Hook {
    return this.#redirect?.resolved() ?? this;
  }

  /** The answer is known; takes over one reference to `target`. */
  resolve(target: Hook): void {
    const self = { kind: 'answer', questionId: this.question.id, path: this.path } as const;
    const redirect = this.#used ? this.#session.embargoIfLocal(self, target) : target;
    this.#redirect = redirect;
    if (this.#refs === 0) redirect.release();
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}
