/**
 * The one way in which a request changes the store: load → decide → commit with compare-and-set → answer.
 * Record, task, event and idempotency row go into one commit; a lost compare-and-set decides anew, a bounded
 * number of times (spec §4).
 */
import type { Json } from '../core/kit/json.ts';
import { hashText } from '../wire/hash-spec.ts';
import { type ControlDeps, commitAttemptsMax } from './control-config.ts';
import { isRefused, type Refusal, refuse } from './refusal.ts';
import {
  claimPrefix,
  type IdempotencyRow,
  idempotencyKey,
  put,
  type Role,
  readRow,
  type StoredAnswer,
  taskPrefix,
} from './rows.ts';
import { createTurns } from './turns.ts';

/** Who asks, and how the request is told from its repetition. */
export interface Caller {
  /** `user:admin`. */
  readonly principal: string;
  readonly role: Role;
  readonly idempotency: {
    readonly key: string;
    /** Principal, method and path: a key means nothing beyond them. */
    readonly scope: string;
    readonly bodyHash: string;
  } | null;
}

export interface Mutation<T> {
  readonly expect: readonly { readonly key: string; readonly modRevision: number }[];
  readonly put: readonly { readonly key: string; readonly value: Json }[];
  readonly delete?: readonly string[];
  readonly result: T;
  /** What a repetition of the request is answered. */
  readonly stored: StoredAnswer;
}

export type Mutated<T> =
  | { readonly kind: 'done'; readonly result: T; readonly stored: StoredAnswer; readonly revision: number }
  | { readonly kind: 'replayed'; readonly stored: StoredAnswer; readonly revision: number };

export interface Mutator {
  /**
   * `decide` is called again after each lost compare-and-set, with the time of that attempt. `finish` is what a request still
   * does once its change is durable, and no repetition of it: until it ends the request is in flight.
   */
  run<T>(
    caller: Caller,
    decide: (now: number) => Mutation<T> | Refusal,
    finish?: (result: T) => Promise<void>,
  ): Promise<Mutated<T> | Refusal>;
}

export function createMutator({ store, clock }: Pick<ControlDeps, 'store' | 'clock'>): Mutator {
  /** Requests with a key that are being worked on in this process. */
  const inFlight = new Set<string>();

  const turns = createTurns();

  const attempt = async <T>(
    caller: Caller,
    idemKey: string | null,
    decide: (now: number) => Mutation<T> | Refusal,
  ): Promise<Mutated<T> | Refusal> => {
    let endTurn: (() => void) | null = null;
    try {
      for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
        const known = idemKey === null ? null : replayOf<T>(store, idemKey, caller);
        if (known !== null) return known;
        const now = clock.now();
        const mutation = decide(now);
        if (isRefused(mutation)) return mutation;
        const room = endTurn === null ? roomOf(mutation) : undefined;
        if (room !== undefined) {
          const waits = turns.isTaken(room);
          endTurn = await turns.take(room);
          if (waits) continue;
        }
        const guarded = withTaskGuards(store, mutation);
        const result = await store.commit(idemKey === null ? guarded : remembered(guarded, idemKey, caller, now));
        if (result.ok) {
          return { kind: 'done', result: mutation.result, stored: mutation.stored, revision: result.revision };
        }
      }
    } finally {
      endTurn?.();
    }
    return refuse('conflict', 'Other writes came first again and again; nothing was changed', {
      attempts: commitAttemptsMax,
    });
  };

  return {
    async run(caller, decide, finish) {
      const key = keyOf(caller);
      if (key !== null && inFlight.has(key)) {
        return refuse('idempotency_in_progress', 'The first request with this Idempotency-Key is still in flight', {
          idempotency_key: caller.idempotency?.key ?? '',
        });
      }
      if (key !== null) inFlight.add(key);
      try {
        const mutated = await attempt(caller, key, decide);
        if (finish !== undefined && !isRefused(mutated) && mutated.kind === 'done') await finish(mutated.result);
        return mutated;
      } finally {
        if (key !== null) inFlight.delete(key);
      }
    },
  };
}

/** The row by which a repetition is known; null = the request has no key. */
function keyOf({ idempotency }: Caller): string | null {
  return idempotency === null ? null : idempotencyKey(hashText(`${idempotency.scope}\n${idempotency.key}`).slice(7));
}

/**
 * Changes that take room of a node all write its claim. Side by side each sync would let one of them through, and the others
 * would be told of a conflict with VMs they have nothing to do with: so they take turns, by the first node they name.
 */
function roomOf({ expect }: Mutation<unknown>): string | undefined {
  return expect.find((one) => one.key.startsWith(claimPrefix))?.key;
}

/** With the row by which a repetition is known; it must not be there yet. */
function remembered<T>(mutation: Mutation<T>, key: string, { idempotency }: Caller, now: number): Mutation<T> {
  if (idempotency === null) return mutation;
  const row: IdempotencyRow = { at: now, bodyHash: idempotency.bodyHash, answer: mutation.stored };
  return {
    ...mutation,
    expect: [...mutation.expect, { key, modRevision: 0 }],
    put: [...mutation.put, put(key, row)],
  };
}

/** The task engine writes tasks too: one that finishes while this commit is on its way must make it lose, or it would reopen. */
function withTaskGuards<T>(store: ControlDeps['store'], mutation: Mutation<T>): Mutation<T> {
  const { expect, put: rows } = mutation;
  const tasks = rows.filter(({ key }) => key.startsWith(taskPrefix) && !expect.some((one) => one.key === key));
  if (tasks.length === 0) return mutation;
  const guards = tasks.map(({ key }) => ({ key, modRevision: store.get(key)?.modRevision ?? 0 }));
  return { ...mutation, expect: [...expect, ...guards] };
}

function replayOf<T>(store: ControlDeps['store'], key: string, { idempotency }: Caller): Mutated<T> | Refusal | null {
  const row = readRow<IdempotencyRow>(store, key);
  if (row === undefined) return null;
  if (row.value.bodyHash !== idempotency?.bodyHash) {
    return refuse('idempotency_key_mismatch', 'This Idempotency-Key was used with another body; nothing was changed', {
      idempotency_key: idempotency?.key ?? '',
    });
  }
  return { kind: 'replayed', stored: row.value.answer, revision: row.modRevision };
}
