import { Fault } from '../../core/kit/fault.ts';
import type { Store, StoreEntry } from '../../ports/store.ts';
import type { BatchWriter, WriteBatch } from './batch-writer.ts';
import { BatchedStore } from './batched-store.ts';
import { ChangeLog } from './change-log.ts';
import { defaultChangeLogLimit, type PreparedCommit, type StoreImage } from './store-views.ts';

/**
 * What becomes of one batch.
 * - `durable`: it takes effect and is answered.
 * - `refused`: it has no effect and the callers are told (`store_full` as a full disk does, `store_failed` as a broken one).
 * - `crash`: the first `durableCommits` of it take effect and nobody is ever answered: 0 is a crash before the write, all
 *   of them a lost answer, some of them a torn tail that recovery cut off. The life ends: nothing of it acts any more.
 */
export type BatchFate =
  | { readonly kind: 'durable' }
  | { readonly kind: 'refused'; readonly code: 'store_full' | 'store_failed' }
  | { readonly kind: 'crash'; readonly durableCommits: number };

/** Decides about a batch of `commits` commits; a promise is the time the medium takes. */
export type DecideFate = (batch: { readonly commits: number }) => BatchFate | Promise<BatchFate>;

/** A copy of a medium, as a backup file would be. */
export type MemoryBackup = StoreImage;

/** What survives a crash: the disk of a memory store, handed from one life of a store to the next. */
export class MemoryMedium {
  #entries = new Map<string, StoreEntry>();
  #log: ChangeLog;
  #revision = 0;
  #epoch = 1;
  #life = 0;
  readonly #changeLogLimit: number;

  constructor(options: { readonly changeLogLimit?: number } = {}) {
    this.#changeLogLimit = options.changeLogLimit ?? defaultChangeLogLimit;
    this.#log = new ChangeLog(this.#changeLogLimit, 0);
  }

  /** Ends the life that uses this medium, as SIGKILL would: what it has in flight neither acts nor settles. */
  crash(): void {
    this.#life += 1;
  }

  /** What is durable under this key now, whoever uses the medium: for the checks of simulation. */
  peek(key: string): StoreEntry | undefined {
    return this.#entries.get(key);
  }

  /** A copy of what is durable now. */
  backup(): MemoryBackup {
    return {
      epoch: this.#epoch,
      revision: this.#revision,
      oldestRevision: this.#log.oldestRevision,
      entries: [...this.#entries.values()],
      changes: this.#log.after(this.#log.oldestRevision) ?? [],
    };
  }

  /** Replaces everything by a backup and raises the epoch above both (spec §9). Ends the life that uses the medium. */
  restore(backup: MemoryBackup): void {
    this.crash();
    this.#entries = new Map();
    for (const entry of backup.entries) this.#entries.set(entry.key, entry);
    this.#log = new ChangeLog(this.#changeLogLimit, backup.oldestRevision);
    for (const batch of backup.changes) this.#log.append(batch);
    this.#revision = backup.revision;
    this.#epoch = Math.max(this.#epoch, backup.epoch) + 1;
  }

  /** Begins a life, which ends the one before. Used by `createMemoryStore`. */
  attach(decideFate: DecideFate, pace: Pace): { readonly image: StoreImage; readonly writer: BatchWriter } {
    this.crash();
    const life = this.#life;
    return {
      image: this.backup(),
      writer: {
        encode: () => undefined,
        schedule: (start) => queueMicrotask(start),
        ...pace,
        write: (batch) => this.#write(life, batch, decideFate),
        close: async () => {},
      },
    };
  }

  async #write(life: number, batch: WriteBatch, decideFate: DecideFate): Promise<void> {
    const fate = await decideFate({ commits: batch.commits.length });
    if (life !== this.#life) return never();
    switch (fate.kind) {
      case 'refused':
        throw new Fault(fate.code, 'Cannot write to the store: the medium refused the batch');
      case 'crash':
        for (const commit of batch.commits.slice(0, fate.durableCommits)) this.#apply(commit);
        this.crash();
        return never();
      case 'durable':
        for (const commit of batch.commits) this.#apply(commit);
        return;
    }
  }

  #apply({ revision, changes }: PreparedCommit): void {
    const events = changes.map(({ event }) => event);
    for (const event of events) {
      if (event.type === 'put') this.#entries.set(event.entry.key, event.entry);
      else this.#entries.delete(event.key);
    }
    this.#log.append({ revision, events });
    this.#revision = revision;
  }
}

type Pace = Pick<BatchWriter, 'enoughCommits' | 'answersPerTurn'>;

const atOnce: Pace = { enoughCommits: Number.POSITIVE_INFINITY, answersPerTurn: Number.POSITIVE_INFINITY };

const never = (): Promise<never> => new Promise(() => {});

/**
 * A store in memory, for tests and the simulation: no timers, no disk, the same views and queue as the SQLite store.
 *
 * Without options it is a plain empty store. With a `medium` a later call on the same medium finds what was durable, and
 * ends the life before. `decideFate` injects what a disk can do to a batch.
 */
export function createMemoryStore(
  options: {
    readonly medium?: MemoryMedium;
    readonly decideFate?: DecideFate;
    readonly changeLogLimit?: number;
    /** As a medium in another thread has it; absent = one batch a turn, and all its callers answered at once. */
    readonly pace?: Pace;
  } = {},
): Store {
  const medium = options.medium ?? new MemoryMedium();
  const { image, writer } = medium.attach(options.decideFate ?? (() => ({ kind: 'durable' })), options.pace ?? atOnce);
  return new BatchedStore(writer, image, { changeLogLimit: options.changeLogLimit });
}
