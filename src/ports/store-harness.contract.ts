/** What the store's contract suites share: the harness an implementation hands in, and words for assertions. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Json } from '../core/kit/json.ts';
import type { CommitResult, Store, StoreEvent, WatchBatch } from './store.ts';

/** A store under test with the levers the suite needs. */
export interface StoreHarness {
  readonly store: Store;
  /** Closes the store and opens it again on the same medium. */
  reopen(): Promise<Store>;
  /** Holds back every batch that comes from now on before it becomes durable, until the returned function is called. */
  hold(): () => void;
  /** Lets the next batch that reaches the medium fail with this code. */
  failNext(code: 'store_full' | 'store_failed'): void;
  /** Closes and cleans up; also after the store was closed by the test. */
  dispose(): Promise<void>;
}

/** Opens a fresh, empty store. `changeLogLimit` is the number of events kept for watches from the past. */
export type OpenStoreHarness = (options: { readonly changeLogLimit?: number }) => Promise<StoreHarness>;

/** Opens a harness that is disposed with the test. */
export type Opened = (t: TestContext, options?: { readonly changeLogLimit?: number }) => Promise<StoreHarness>;

/** The revision of an accepted commit; a refusal fails the test. */
export function revisionOf(result: CommitResult): number {
  assert.ok(result.ok, `refused: ${JSON.stringify(result)}`);
  return result.revision;
}

/** Puts one value; returns its revision. */
export const put = async (store: Store, key: string, value: Json): Promise<number> =>
  revisionOf(await store.commit({ put: [{ key, value }] }));

/** The keys of entries. */
export const keysOf = (entries: readonly { readonly key: string }[]): string[] => entries.map(({ key }) => key);

/** One line per event, for comparisons that read well. */
function lineOf(revision: number, event: StoreEvent): string {
  return event.type === 'put'
    ? `${revision} put ${event.entry.key}=${JSON.stringify(event.entry.value)} was ${JSON.stringify(event.previous?.value ?? null)}`
    : `${revision} delete ${event.key} was ${JSON.stringify(event.previous.value)}`;
}

/** One line per event of all batches. */
export const linesOf = (batches: readonly WatchBatch[]): string[] =>
  batches.flatMap(({ revision, events }) => events.map((event) => lineOf(revision, event)));

/** Watches and collects; `until` resolves when a batch of at least that revision came. */
export function collect(store: Store, prefix: string, fromRevision: number) {
  const batches: WatchBatch[] = [];
  const waiting: { readonly revision: number; readonly resolve: () => void }[] = [];
  const start = store.watch(prefix, fromRevision, (batch) => {
    batches.push(batch);
    for (const { revision, resolve } of waiting) if (batch.revision >= revision) resolve();
  });
  const until = (revision: number): Promise<void> =>
    new Promise((resolve) => {
      if (batches.some((batch) => batch.revision >= revision)) resolve();
      else waiting.push({ revision, resolve });
    });
  assert.equal(start.kind, 'watching');
  return { batches, until, close: start.kind === 'watching' ? start.close : () => {} };
}
