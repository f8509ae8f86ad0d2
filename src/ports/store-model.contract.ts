/**
 * Part of the store's contract: random histories against a model so simple that it is seen to be right.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Commit, Store, WatchBatch } from './store.ts';
import type { OpenStoreHarness } from './store-harness.contract.ts';

const keys = ['a', 'a/1', 'a/2', 'b', 'b/1'] as const;

interface ModelEntry {
  readonly value: number;
  readonly mod: number;
  readonly created: number;
}

/** What a step of a history does. `guess` says which of the expectations are made to be right. */
type Step =
  | {
      readonly act: 'commit';
      readonly changes: readonly { readonly key: string; readonly value: number | undefined }[];
      readonly guesses: readonly { readonly key: string; readonly right: boolean }[];
    }
  | { readonly act: 'settle' | 'reopen' }
  | { readonly act: 'fail'; readonly code: 'store_full' | 'store_failed' }
  | { readonly act: 'watch'; readonly prefix: string; readonly back: number };

const key = fc.constantFrom(...keys);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant('commit' as const),
      changes: fc.uniqueArray(fc.record({ key, value: fc.option(fc.nat(99), { nil: undefined }) }), {
        selector: (change) => change.key,
        maxLength: 3,
      }),
      guesses: fc.array(fc.record({ key, right: fc.constantFrom(true, true, true, false) }), { maxLength: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('fail' as const),
      code: fc.constantFrom('store_full' as const, 'store_failed' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('watch' as const),
      prefix: fc.constantFrom('', 'a', 'a/', 'b/1', 'c'),
      back: fc.nat(8),
    }),
  },
);

/** The model: a plain map of what was accepted, and the lines every watcher of everything would see. */
class Model {
  entries = new Map<string, ModelEntry>();
  history: { readonly revision: number; readonly lines: readonly { readonly key: string; readonly line: string }[] }[] =
    [];

  conflicts(commit: Commit): string[] {
    const wrong = (commit.expect ?? []).filter((e) => (this.entries.get(e.key)?.mod ?? 0) !== e.modRevision);
    return [...new Set(wrong.map((expectation) => expectation.key))];
  }

  apply(commit: Commit, revision: number): void {
    const lines: { key: string; line: string }[] = [];
    for (const { key, value } of commit.put ?? []) {
      const before = this.entries.get(key);
      this.entries.set(key, { value: Number(value), mod: revision, created: before?.created ?? revision });
      lines.push({ key, line: `${revision} ${key} ${before?.value} -> ${value}` });
    }
    for (const key of commit.delete ?? []) {
      const before = this.entries.get(key);
      if (before === undefined) continue;
      this.entries.delete(key);
      lines.push({ key, line: `${revision} ${key} ${before.value} -> undefined` });
    }
    if (lines.length > 0) this.history.push({ revision, lines });
  }
}

const linesOf = ({ revision, events }: WatchBatch): string[] =>
  events.map((event) =>
    event.type === 'put'
      ? `${revision} ${event.entry.key} ${event.previous?.value} -> ${event.entry.value}`
      : `${revision} ${event.key} ${event.previous.value} -> undefined`,
  );

interface Pending {
  readonly commit: Commit;
  readonly result: ReturnType<Store['commit']>;
}

/** Runs one history. Commits are issued without waiting until a step that settles them. */
async function runHistory(open: OpenStoreHarness, steps: readonly Step[]): Promise<void> {
  const harness = await open({});
  let { store } = harness;
  const model = new Model();
  let pending: Pending[] = [];
  let failing = false;
  let watchers: { readonly prefix: string; readonly from: number; readonly seen: string[] }[] = [];

  const settle = async (): Promise<void> => {
    const outcomes = await Promise.allSettled(pending.map(({ result }) => result));
    const rejected = outcomes.filter(({ status }) => status === 'rejected').length;
    assert.ok(rejected === 0 || failing, 'a commit failed without cause');
    for (const [index, outcome] of outcomes.entries()) {
      const commit = pending[index]?.commit ?? {};
      if (outcome.status === 'rejected') continue;
      assert.deepEqual(outcome.value.ok ? [] : outcome.value.conflicts, model.conflicts(commit));
      if (outcome.value.ok) model.apply(commit, outcome.value.revision);
    }
    if (rejected > 0) failing = false;
    pending = [];
    checkState(store, model);
    // Listeners run from a microtask of their own.
    await new Promise((resolve) => setImmediate(resolve));
    for (const { prefix, from, seen } of watchers) assert.deepEqual(seen, expectedLines(model, prefix, from));
  };

  for (const step of steps) {
    switch (step.act) {
      case 'commit': {
        const commit = commitOf(step, store);
        pending.push({ commit, result: store.commit(commit) });
        break;
      }
      case 'fail':
        if (failing) break;
        await settle();
        harness.failNext(step.code);
        failing = true;
        break;
      case 'settle':
        await settle();
        break;
      case 'reopen':
        await settle();
        if (failing) break;
        store = await harness.reopen();
        watchers = [];
        checkState(store, model);
        break;
      case 'watch': {
        const from = Math.max(0, store.revision() - step.back);
        const seen: string[] = [];
        store.watch(step.prefix, from, (batch) => seen.push(...linesOf(batch)));
        watchers.push({ prefix: step.prefix, from, seen });
        break;
      }
    }
  }
  await settle();
  await harness.dispose();
}

/** Right guesses name what is committed; what is in flight may make them wrong, as for any caller. */
function commitOf(step: Step & { readonly act: 'commit' }, store: Store): Commit {
  const expect = step.guesses.map(({ key, right }) => ({
    key,
    modRevision: right ? (store.get(key)?.modRevision ?? 0) : store.revision() + 1_000,
  }));
  return {
    expect,
    put: step.changes.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
    delete: step.changes.flatMap(({ key, value }) => (value === undefined ? [key] : [])),
  };
}

function checkState(store: Store, model: Model): void {
  assert.deepEqual(
    store.list(''),
    [...model.entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { value, mod, created }]) => ({ key, value, modRevision: mod, createRevision: created })),
  );
  assert.equal(store.revision(), model.history.at(-1)?.revision ?? 0);
}

function expectedLines(model: Model, prefix: string, from: number): string[] {
  return model.history
    .filter(({ revision }) => revision > from)
    .flatMap(({ lines }) => lines.filter(({ key }) => key.startsWith(prefix)).map(({ line }) => line));
}

/** Registers the property; `runs` histories of up to 60 steps. */
export function storeModelCases(open: OpenStoreHarness, runs: number): void {
  it(`agrees with a model of a store over ${runs} random histories`, async () => {
    const history = fc.array(step, { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(history, (steps) => runHistory(open, steps)),
      { numRuns: runs },
    );
  });
}
