import { AnswerPipelines } from './answer-pipelines.ts';
import { BrokenHook } from './broken-hook.ts';
import type { Pointer } from './capnp/pointer.ts';
import type { Answer, Hook } from './hook.ts';
import { capabilityAtPath } from './results-path.ts';
import { RpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/** How a call ended. Results are there only if they hold capabilities. */
export type Settled =
  | { readonly ok: true; readonly results: Pointer | undefined }
  | { readonly ok: false; readonly error: unknown };

/** Whose results they are in. */
type Owner = { cancelUnwanted(): void };

/**
 * The capabilities in the results of a call the peer made, wherever they are to be found by now.
 *
 *     promised ──settle──> in the results
 *       └──passedOnTo──> with the answer of another call ──settle──┘
 */
export class AnswerCapabilities {
  readonly #session: Session;
  readonly #owner: Owner;
  /** What the peer has asked for so far, by its path. */
  #asked: Map<string, Hook> | undefined;
  #pipelines: AnswerPipelines | undefined;
  #source: Pick<Answer, 'pipeline'> | undefined;
  #settled: Settled | undefined;

  constructor(session: Session, owner: Owner) {
    this.#session = session;
    this.#owner = owner;
  }

  /** Some were asked for before the results were there. */
  get promised(): boolean {
    return this.#pipelines !== undefined;
  }

  /** One of those is still held, or a call waits for it. */
  get wanted(): boolean {
    return this.#pipelines?.wanted === true;
  }

  /** The peer asks for the one at a path; the caller owns one reference. Equal paths share one hook. */
  ask(path: readonly number[]): Hook {
    this.#asked ??= new Map();
    const key = path.join();
    let hook = this.#asked.get(key);
    if (hook === undefined) {
      const limit = this.#session.limits.capsPerMessage;
      if (this.#asked.size >= limit) this.#session.violation(`more than ${limit} capabilities asked of one answer`);
      hook = this.find(path);
      this.#asked.set(key, hook);
    }
    hook.addRef();
    return hook;
  }

  /** The one at a path; the caller owns one reference. */
  find(path: readonly number[]): Hook {
    if (this.#settled !== undefined) return capabilityIn(this.#settled, path);
    if (this.#source !== undefined) return this.#source.pipeline(path);
    this.#pipelines ??= new AnswerPipelines(() => this.#owner.cancelUnwanted());
    return this.#pipelines.at(path);
  }

  passedOnTo(source: Pick<Answer, 'pipeline'>): void {
    this.#source = source;
  }

  settle(how: Settled): void {
    this.#settled = how;
    this.#pipelines?.settle((path) => capabilityIn(how, path));
  }

  /** The peer can ask no more. */
  drop(): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked !== undefined) for (const hook of asked.values()) hook.release();
  }
}

function capabilityIn(settled: Settled, path: readonly number[]): Hook {
  if (!settled.ok) return new BrokenHook(settled.error);
  if (settled.results !== undefined) return capabilityAtPath(settled.results, path);
  return new BrokenHook(new RpcError('failed', 'Cannot call: the results hold no capability'));
}
