import type { Json } from '../../core/kit/json.ts';
import type { PreparedCommit } from './store-views.ts';

/** What goes to the medium at once: all of it becomes durable or none. */
export interface WriteBatch {
  /** At least one, in order of revision. */
  readonly commits: readonly PreparedCommit[];
  /** Changes up to this revision need not be kept any longer. */
  readonly pruneThrough: number;
}

/** The medium below a store. One `write` is in flight at a time. */
export interface BatchWriter {
  /** The value in the form the medium keeps; undefined where it keeps the value itself. Throws for what is not JSON. */
  encode(value: Json): string | undefined;
  /** Calls `start` once, soon, from outside this call: what is committed until then shares a batch. */
  schedule(start: () => void): void;
  /** So many waiting commits begin a batch without waiting for `start`; infinite where a write holds up those that join. */
  readonly enoughCommits: number;
  /**
   * So many commits of a batch are to be seen and answered at once, more where many wait; the next ones when `schedule` calls
   * back.
   */
  readonly answersPerTurn: number;
  /** Resolves when durable. Rejects with a `Fault` when nothing of the batch happened. */
  write(batch: WriteBatch): Promise<void>;
  close(): Promise<void>;
}
