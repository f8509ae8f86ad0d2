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
import { createTurns, type Turns } from './turns.ts';

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
    using turn = roomTurn(turns);
    for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
      const known = idemKey === null ? null : replayOf<T>(store, idemKey, caller);
      if (known !== null) return known;
      const now = clock.now();
      const mutation = decide(now);
      if (isRefused(mutation)) return mutation;
      if (await turn.mustDecideAnew(mutation)) continue;
      const idemRow: IdempotencyRow | null =
        caller.idempotency === null
          ? null
          : { at: now, bodyHash: caller.idempotency.bodyHash, answer: mutation.stored };
      const rows = idemKey === null || idemRow === null ? [] : [put(idemKey, idemRow)];
      const expect = [...mutation.expect, ...taskGuards(store, mutation)];
      const result = await store.commit({
        expect: idemKey === null ? expect : [...expect, { key: idemKey, modRevision: 0 }],
        put: rows.length === 0 ? mutation.put : [...mutation.put, ...rows],
        delete: mutation.delete ?? [],
      });
      if (result.ok) {
        return { kind: 'done', result: mutation.result, stored: mutation.stored, revision: result.revision };
      }
    }
    return refuse('conflict', 'Other writes came first again and again; nothing was changed', {
      attempts: commitAttemptsMax,
    });
  };

  const whole = async <T>(
    caller: Caller,
    idemKey: string | null,
    decide: (now: number) => Mutation<T> | Refusal,
    finish: ((result: T) => Promise<void>) | undefined,
  ): Promise<Mutated<T> | Refusal> => {
    const mutated = await attempt(caller, idemKey, decide);
    if (!isRefused(mutated) && mutated.kind === 'done') await finish?.(mutated.result);
    return mutated;
  };

  return {
    async run(caller, decide, finish) {
      if (caller.idempotency === null) return await whole(caller, null, decide, finish);
      const key = idempotencyKey(hashText(`${caller.idempotency.scope}\n${caller.idempotency.key}`).slice(7));
      if (inFlight.has(key)) {
        return refuse('idempotency_in_progress', 'The first request with this Idempotency-Key is still in flight', {
          idempotency_key: caller.idempotency.key,
        });
      }
      inFlight.add(key);
      try {
        return await whole(caller, key, decide, finish);
      } finally {
        inFlight.delete(key);
      }
    },
  };
}

/**
 * Changes that take room of a node all write its claim. Side by side each sync would let one of them through, and the others
 * would be told of a conflict with VMs they have nothing to do with: so they take turns, by the first node they name.
 */
function roomTurn(turns: Turns): Disposable & { mustDecideAnew(mutation: Mutation<unknown>): Promise<boolean> } {
  let end: (() => void) | null = null;
  return {
    async mustDecideAnew({ expect }) {
      const key = expect.find((one) => one.key.startsWith(claimPrefix))?.key;
      if (end !== null || key === undefined) return false;
      const waits = turns.isTaken(key);
      end = await turns.take(key);
      return waits;
    },
    [Symbol.dispose]: () => end?.(),
  };
}

/** The task engine writes tasks too: one that finishes while this commit is on its way must make it lose, or it would reopen. */
function taskGuards(
  store: ControlDeps['store'],
  { expect, put: rows }: Mutation<unknown>,
): Mutation<unknown>['expect'] {
  const tasks = rows.filter(({ key }) => key.startsWith(taskPrefix) && !expect.some((one) => one.key === key));
  return tasks.map(({ key }) => ({ key, modRevision: store.get(key)?.modRevision ?? 0 }));
}

function replayOf<T>(store: ControlDeps['store'], key: string, { idempotency }: Caller): Mutated<T> | Refusal | null {
  const row = readRow<IdempotencyRow>(store, key);
  if (row === undefined || row.value.answer === null) return null;
  if (row.value.bodyHash !== idempotency?.bodyHash) {
    return refuse('idempotency_key_mismatch', 'This Idempotency-Key was used with another body; nothing was changed', {
      idempotency_key: idempotency?.key ?? '',
    });
  }
  return { kind: 'replayed', stored: row.value.answer, revision: row.modRevision };
}
