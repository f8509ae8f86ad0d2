/**
 * The contract suite of the `Store` port: every implementation passes it, so that what runs on the memory store in the
 * simulation may be trusted to run on the durable one. Call `storeContract` from the implementation's test file.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { faultCode } from '../core/kit/fault.ts';
import type { Json } from '../core/kit/json.ts';
import type { CommitResult, Store, StoreEvent, WatchBatch } from './store.ts';

/** A store under test with the levers the suite needs. */
export interface StoreHarness {
  readonly store: Store;
  /** Closes the store and opens it again on the same medium. */
  reopen(): Promise<Store>;
  /** Holds every batch back before it becomes durable, until the returned function is called. */
  hold(): () => void;
  /** Lets the next batch that reaches the medium fail with this code. */
  failNext(code: 'store_full' | 'store_failed'): void;
  /** Closes and cleans up; also after the store was closed by the test. */
  dispose(): Promise<void>;
}

/** Opens a fresh, empty store. `changeLogLimit` is the number of events kept for watches from the past. */
export type OpenStoreHarness = (options: { readonly changeLogLimit?: number }) => Promise<StoreHarness>;

type Opened = (t: TestContext, options?: { readonly changeLogLimit?: number }) => Promise<StoreHarness>;

/** Registers the contract's cases as `node:test` tests under `name`. */
export function storeContract(name: string, open: OpenStoreHarness): void {
  const opened: Opened = async (t, options = {}) => {
    const harness = await open(options);
    t.after(() => harness.dispose());
    return harness;
  };
  describe(`store contract: ${name}`, () => {
    commitCases(opened);
    listCases(opened);
    durabilityCases(opened);
    watchCases(opened);
    compactionCases(opened);
    closeCases(opened);
  });
}

/** The revision of an accepted commit; a refusal fails the test. */
function revisionOf(result: CommitResult): number {
  assert.ok(result.ok, `refused: ${JSON.stringify(result)}`);
  return result.revision;
}

const put = async (store: Store, key: string, value: Json): Promise<number> =>
  revisionOf(await store.commit({ put: [{ key, value }] }));

const keysOf = (entries: readonly { readonly key: string }[]): string[] => entries.map(({ key }) => key);

/** One line per event, for comparisons that read well. */
function lineOf(revision: number, event: StoreEvent): string {
  return event.type === 'put'
    ? `${revision} put ${event.entry.key}=${JSON.stringify(event.entry.value)} was ${JSON.stringify(event.previous?.value ?? null)}`
    : `${revision} delete ${event.key} was ${JSON.stringify(event.previous.value)}`;
}

const linesOf = (batches: readonly WatchBatch[]): string[] =>
  batches.flatMap(({ revision, events }) => events.map((event) => lineOf(revision, event)));

/** Watches and collects; `until` resolves when a batch of at least that revision came. */
function collect(store: Store, prefix: string, fromRevision: number) {
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

function commitCases(opened: Opened): void {
  it('is empty at revision 0 and gives each commit the next revision', async (t) => {
    const { store } = await opened(t);
    assert.equal(store.revision(), 0);
    assert.deepEqual(store.list(''), []);
    assert.equal(store.get('a'), undefined);
    const first = await put(store, 'a', 1);
    const second = await put(store, 'b', 2);
    assert.ok(first > 0 && second > first);
    assert.equal(store.revision(), second);
  });

  it('keeps modRevision of the last change and createRevision of the creation, anew after a delete', async (t) => {
    const { store } = await opened(t);
    const created = await put(store, 'a', { n: 1 });
    const changed = await put(store, 'a', { n: 2 });
    assert.deepEqual(store.get('a'), { key: 'a', value: { n: 2 }, modRevision: changed, createRevision: created });
    await store.commit({ delete: ['a'] });
    assert.equal(store.get('a'), undefined);
    const again = await put(store, 'a', null);
    assert.deepEqual(store.get('a'), { key: 'a', value: null, modRevision: again, createRevision: again });
  });

  it('changes all keys of a transaction at one revision', async (t) => {
    const { store } = await opened(t);
    await put(store, 'gone', 0);
    const revision = revisionOf(
      await store.commit({
        put: [
          { key: 'a', value: 1 },
          { key: 'b', value: 2 },
        ],
        delete: ['gone'],
      }),
    );
    assert.deepEqual(
      store.list('').map(({ key, modRevision }) => [key, modRevision]),
      [
        ['a', revision],
        ['b', revision],
      ],
    );
    assert.equal(store.revision(), revision);
  });

  it('accepts a commit whose expectations hold, absent keys included', async (t) => {
    const { store } = await opened(t);
    const a = await put(store, 'a', 1);
    const result = await store.commit({
      expect: [
        { key: 'a', modRevision: a },
        { key: 'b', modRevision: 0 },
      ],
      put: [{ key: 'b', value: 2 }],
    });
    assert.equal(revisionOf(result), store.get('b')?.modRevision);
  });

  it('refuses a commit with the list of keys that were not as expected, and changes nothing', async (t) => {
    const { store } = await opened(t);
    const a = await put(store, 'a', 1);
    const b = await put(store, 'b', 1);
    const result = await store.commit({
      expect: [
        { key: 'a', modRevision: 0 },
        { key: 'b', modRevision: b },
        { key: 'c', modRevision: a },
      ],
      put: [{ key: 'b', value: 2 }],
      delete: ['a'],
    });
    assert.deepEqual(result, { ok: false, conflicts: ['a', 'c'] });
    assert.deepEqual(
      store.list('').map(({ value }) => value),
      [1, 1],
    );
    assert.equal(store.revision(), b);
  });

  it('only compares when a commit neither puts nor deletes', async (t) => {
    const { store } = await opened(t);
    const a = await put(store, 'a', 1);
    assert.deepEqual(await store.commit({ expect: [{ key: 'a', modRevision: a }] }), { ok: true, revision: a });
    assert.deepEqual(await store.commit({ expect: [{ key: 'a', modRevision: 0 }] }), { ok: false, conflicts: ['a'] });
    assert.equal(store.revision(), a);
  });

  it('makes no revision for deletes of keys that are not there', async (t) => {
    const { store } = await opened(t);
    const a = await put(store, 'a', 1);
    assert.deepEqual(await store.commit({ delete: ['x', 'y'] }), { ok: true, revision: a });
    assert.equal(store.revision(), a);
  });

  it('lets exactly one of many racing compare-and-sets win', async (t) => {
    const { store } = await opened(t);
    const racers = Array.from({ length: 20 }, (_, n) =>
      store.commit({ expect: [{ key: 'lock', modRevision: 0 }], put: [{ key: 'lock', value: n }] }),
    );
    const results = await Promise.all(racers);
    assert.deepEqual(
      results.map(({ ok }) => ok),
      results.map((_, n) => n === 0),
    );
    assert.equal(store.get('lock')?.value, 0);
  });

  it('never loses an update of racing read-compare-write loops that retry at once', async (t) => {
    const { store } = await opened(t);
    const increment = async (): Promise<void> => {
      for (;;) {
        const entry = store.get('count');
        const value = typeof entry?.value === 'number' ? entry.value : 0;
        const result = await store.commit({
          expect: [{ key: 'count', modRevision: entry?.modRevision ?? 0 }],
          put: [{ key: 'count', value: value + 1 }],
        });
        if (result.ok) return;
      }
    };
    await Promise.all(Array.from({ length: 16 }, increment));
    assert.equal(store.get('count')?.value, 16);
  });

  it('rejects a commit that is malformed, as a bug of the caller', async (t) => {
    const { store } = await opened(t);
    const twice = [
      { key: 'a', value: 1 },
      { key: 'a', value: 2 },
    ];
    await assert.rejects(store.commit({ put: twice }), /Invariant/);
    await assert.rejects(store.commit({ put: [{ key: 'a', value: 1 }], delete: ['a'] }), /Invariant/);
    await assert.rejects(store.commit({ put: [{ key: '', value: 1 }] }), /Invariant/);
    await assert.rejects(store.commit({ put: [{ key: 'a\ud800', value: 1 }] }), /Invariant/);
    assert.equal(store.revision(), 0);
  });

  it('keeps big and strange values, and finds them again after reopening', async (t) => {
    const harness = await opened(t);
    const values: Record<string, Json> = {
      big: 'ü'.repeat(1_500_000),
      deep: [[[[{ a: [null, true, -0.5, 1e21, ''] }]]]],
      text: 'line\u2028\0\u{1f600}\ud800',
      nothing: null,
      'key with spaces/und ümläute/\u{1f600}': {},
    };
    for (const [key, value] of Object.entries(values)) await put(harness.store, key, value);
    const check = (store: Store): void => {
      for (const [key, value] of Object.entries(values)) assert.deepEqual(store.get(key)?.value, value);
    };
    check(harness.store);
    check(await harness.reopen());
  });
}

function listCases(opened: Opened): void {
  it('lists a prefix in key order, in pages that neither skip nor repeat', async (t) => {
    const { store } = await opened(t);
    const keys = Array.from({ length: 1_700 }, (_, n) => `vm/${String((n * 7919) % 1_700).padStart(5, '0')}`);
    await store.commit({ put: keys.map((key) => ({ key, value: key })) });
    await store.commit({ put: ['vl/z', 'vm', 'vm0', 'vn/a'].map((key) => ({ key, value: key })) });
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = keysOf(store.list('vm/', { limit: 500, ...(after === undefined ? {} : { after }) }));
      if (page.length === 0) break;
      assert.ok(page.length <= 500);
      seen.push(...page);
      after = page.at(-1);
    }
    assert.deepEqual(seen, keys.toSorted());
    assert.deepEqual(keysOf(store.list('vm/')), keys.toSorted());
    assert.deepEqual(keysOf(store.list('vm', { limit: 2 })), ['vm', 'vm/00000']);
    assert.deepEqual(keysOf(store.list('vm/', { after: 'vm/01698x' })), ['vm/01699']);
    assert.deepEqual(keysOf(store.list('vm/', { after: 'a', limit: 1 })), ['vm/00000']);
    assert.deepEqual(store.list('vm/', { after: 'vn' }), []);
    assert.deepEqual(store.list('vm/', { limit: 0 }), []);
    assert.deepEqual(store.list('x'), []);
    assert.equal(store.list('').length, 1_704);
  });

  it('keeps the order through deletes and new keys in between', async (t) => {
    const { store } = await opened(t);
    const keys = Array.from({ length: 1_200 }, (_, n) => `k${String(n).padStart(4, '0')}`);
    await store.commit({ put: keys.map((key) => ({ key, value: 0 })) });
    await store.commit({ delete: keys.filter((_, n) => n % 3 !== 0) });
    await store.commit({ put: [{ key: 'k0000x', value: 0 }] });
    const left = keys.filter((_, n) => n % 3 === 0);
    assert.deepEqual(keysOf(store.list('')), [...left, 'k0000x'].toSorted());
  });
}

function durabilityCases(opened: Opened): void {
  it('shows no write before it is durable, while compare-and-set sees it', async (t) => {
    const { store, hold } = await opened(t);
    const before = await put(store, 'a', 'old');
    const watched = collect(store, '', before);
    const release = hold();
    const pending = store.commit({ put: [{ key: 'a', value: 'new' }] });
    const next = store.commit({
      expect: [{ key: 'a', modRevision: before + 1 }],
      put: [{ key: 'b', value: 'after new' }],
    });
    const refused = store.commit({ expect: [{ key: 'a', modRevision: before }], delete: ['a'] });
    // Long enough for any answer that needs no disk.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(store.get('a')?.value, 'old');
    assert.deepEqual(keysOf(store.list('')), ['a']);
    assert.equal(store.revision(), before);
    assert.deepEqual(watched.batches, []);
    release();
    assert.equal(revisionOf(await pending), before + 1);
    assert.deepEqual(await refused, { ok: false, conflicts: ['a'] });
    assert.equal(revisionOf(await next), before + 2);
    assert.equal(store.get('a')?.value, 'new');
  });

  it('shows a write to whoever got its answer, and to whoever was refused because of it', async (t) => {
    const { store } = await opened(t);
    const winner = store.commit({ expect: [{ key: 'a', modRevision: 0 }], put: [{ key: 'a', value: 1 }] });
    const loser = store.commit({ expect: [{ key: 'a', modRevision: 0 }], put: [{ key: 'a', value: 2 }] });
    assert.equal((await loser).ok, false);
    assert.equal(store.get('a')?.value, 1);
    assert.equal(revisionOf(await winner), store.get('a')?.modRevision);
  });

  it('finds entries, revisions and epoch again after reopening', async (t) => {
    const harness = await opened(t);
    await put(harness.store, 'a', 1);
    await put(harness.store, 'a', 2);
    await put(harness.store, 'b', 3);
    const last = revisionOf(await harness.store.commit({ delete: ['b'] }));
    const entries = harness.store.list('');
    const { epoch } = harness.store;
    const store = await harness.reopen();
    assert.deepEqual(store.list(''), entries);
    assert.equal(store.revision(), last);
    assert.equal(store.epoch, epoch);
    assert.ok((await put(store, 'c', 4)) > last);
  });

  for (const code of ['store_full', 'store_failed'] as const) {
    it(`rejects a failed batch and everything queued behind it with ${code}, then goes on`, async (t) => {
      const harness = await opened(t);
      const { store } = harness;
      const before = await put(store, 'a', 'old');
      const watched = collect(store, '', before);
      const release = harness.hold();
      harness.failNext(code);
      const first = store.commit({ put: [{ key: 'a', value: 'lost' }] });
      // The first is on its way when the three others queue behind it.
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const queued = [
        store.commit({ expect: [{ key: 'a', modRevision: before + 1 }], put: [{ key: 'b', value: 'lost too' }] }),
        store.commit({ delete: ['a'] }),
        store.commit({ expect: [{ key: 'a', modRevision: 0 }] }),
      ];
      const settled = Promise.allSettled([first, ...queued]);
      release();
      const outcomes = await settled;
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.status === 'rejected' ? faultCode(outcome.reason) : outcome.value)),
        [code, code, code, code],
      );
      assert.equal(store.get('a')?.value, 'old');
      assert.deepEqual(keysOf(store.list('')), ['a']);
      assert.equal(store.revision(), before);
      const result = await store.commit({
        expect: [{ key: 'a', modRevision: before }],
        put: [{ key: 'a', value: 'ok' }],
      });
      const revision = revisionOf(result);
      assert.ok(revision > before + 3, `revision ${revision} of a rejected commit was used again`);
      await watched.until(revision);
      assert.deepEqual(linesOf(watched.batches), [`${revision} put a="ok" was "old"`]);
      assert.deepEqual(keysOf((await harness.reopen()).list('')), ['a']);
    });
  }
}

function watchCases(opened: Opened): void {
  it('tells a watcher everything after its revision below its prefix: past, then present, once, in order', async (t) => {
    const { store } = await opened(t);
    const first = await put(store, 'a/1', 1);
    const second = revisionOf(
      await store.commit({
        put: [
          { key: 'b/1', value: 0 },
          { key: 'a/2', value: 2 },
          { key: 'a/1', value: 3 },
        ],
      }),
    );
    await put(store, 'b/1', 1);
    const watched = collect(store, 'a/', first);
    assert.deepEqual(watched.batches, [], 'called from inside watch()');
    const third = revisionOf(await store.commit({ put: [{ key: 'a/3', value: 4 }], delete: ['a/1', 'a/none'] }));
    await watched.until(third);
    assert.deepEqual(linesOf(watched.batches), [
      `${second} put a/2=2 was null`,
      `${second} put a/1=3 was 1`,
      `${third} put a/3=4 was null`,
      `${third} delete a/1 was 3`,
    ]);
    assert.deepEqual(
      watched.batches.map(({ revision }) => revision),
      [second, third],
    );
  });

  it('tells the past with the entries before each change after reopening, too', async (t) => {
    const harness = await opened(t);
    const watched = collect(harness.store, '', 0);
    await put(harness.store, 'a', 1);
    await put(harness.store, 'b', 1);
    await put(harness.store, 'a', 2);
    await harness.store.commit({ delete: ['a'] });
    const last = await put(harness.store, 'a', 3);
    await watched.until(last);
    const again = collect(await harness.reopen(), '', 0);
    await again.until(last);
    assert.deepEqual(again.batches, watched.batches);
  });

  it('calls a listener only when the revision is readable, and never inside a call or another listener', async (t) => {
    const { store } = await opened(t);
    let depth = 0;
    let calls = 0;
    const inside = <T>(act: () => T): T => {
      depth += 1;
      assert.equal(depth, 1, 'a listener ran inside a call');
      const result = act();
      depth -= 1;
      return result;
    };
    const done = new Promise<void>((resolve) => {
      const listener = (batch: WatchBatch): void =>
        inside(() => {
          calls += 1;
          assert.ok(store.revision() >= batch.revision);
          for (const event of batch.events) {
            if (event.type === 'put') assert.ok((store.get(event.entry.key)?.modRevision ?? 0) >= batch.revision);
          }
          const nested = store.watch('', 0, () => inside(() => {}));
          if (nested.kind === 'watching') nested.close();
          if (batch.revision < 10) void store.commit({ put: [{ key: 'a', value: batch.revision }] });
          else resolve();
        });
      inside(() => store.watch('', 0, listener));
    });
    await inside(() => store.commit({ put: [{ key: 'a', value: 0 }] }));
    await done;
    assert.equal(calls, 10);
  });

  it('calls a closed watcher no more, not even for what already happened', async (t) => {
    const { store } = await opened(t);
    await put(store, 'a', 1);
    const closed = collect(store, '', 0);
    closed.close();
    closed.close();
    const open = collect(store, '', 0);
    const last = await put(store, 'a', 2);
    await open.until(last);
    assert.deepEqual(closed.batches, []);
  });

  it('serves many watchers that come and go while writes are in flight, each without gap or repetition', async (t) => {
    const { store } = await opened(t);
    const watchers: { readonly from: number; readonly prefix: string; readonly seen: ReturnType<typeof collect> }[] =
      [];
    const writes: Promise<number>[] = [];
    for (let n = 0; n < 120; n += 1) {
      writes.push(put(store, `p${n % 3}/${n % 7}`, n));
      if (n % 10 === 0) await writes.at(-1);
      const prefix = n % 4 === 3 ? '' : `p${n % 4}/`;
      const from = Math.max(0, store.revision() - (n % 20));
      watchers.push({ from, prefix, seen: collect(store, prefix, from) });
    }
    await Promise.all(writes);
    const last = revisionOf(await store.commit({ put: ['p0/', 'p1/', 'p2/'].map((key) => ({ key, value: 'end' })) }));
    const all = collect(store, '', 0);
    await Promise.all([all, ...watchers.map(({ seen }) => seen)].map(({ until }) => until(last)));
    assert.equal(all.batches.length, 121);
    for (const { from, prefix, seen } of watchers) {
      const expected = all.batches
        .filter(({ revision }) => revision > from)
        .map(({ revision, events }) => ({
          revision,
          events: events.filter((event) => (event.type === 'put' ? event.entry.key : event.key).startsWith(prefix)),
        }))
        .filter(({ events }) => events.length > 0);
      assert.deepEqual(linesOf(seen.batches), linesOf(expected));
    }
  });

  it('takes a watch from a revision of the future for a bug', async (t) => {
    const { store } = await opened(t);
    const last = await put(store, 'a', 1);
    assert.throws(() => store.watch('', last + 1, () => {}), /Invariant/);
  });
}

function compactionCases(opened: Opened): void {
  it('answers compacted when the change log no longer reaches back, with the revision from which it does', async (t) => {
    const harness = await opened(t, { changeLogLimit: 16 });
    let { store } = harness;
    for (let n = 0; n < 100; n += 1) await put(store, `k${n % 10}`, n);
    for (const life of ['before', 'after']) {
      const start = store.watch('', 0, () => {});
      assert.equal(start.kind, 'compacted', `${life} reopening`);
      if (start.kind !== 'compacted') return;
      const { oldestRevision } = start;
      assert.ok(oldestRevision > 0 && oldestRevision <= store.revision() - 16);
      assert.equal(store.watch('', oldestRevision - 1, () => {}).kind, 'compacted');
      const watched = collect(store, '', oldestRevision);
      await watched.until(store.revision());
      const revisions = watched.batches.map(({ revision }) => revision);
      assert.deepEqual(
        revisions,
        Array.from({ length: store.revision() - oldestRevision }, (_, n) => oldestRevision + 1 + n),
      );
      store = await harness.reopen();
    }
  });

  it('tells an open watcher everything even when one transaction is larger than the change log', async (t) => {
    const { store } = await opened(t, { changeLogLimit: 16 });
    const watched = collect(store, '', 0);
    const putAll = Array.from({ length: 100 }, (_, n) => ({ key: `k${n}`, value: n }));
    await watched.until(revisionOf(await store.commit({ put: putAll })));
    const last = await put(store, 'k0', 'end');
    await watched.until(last);
    assert.equal(watched.batches.flatMap(({ events }) => events).length, 101);
    assert.equal(store.watch('', 0, () => {}).kind, 'compacted');
  });
}

function closeCases(opened: Opened): void {
  it('finishes what is in flight and queued, tells the watchers, then closes; later calls fail with store_closed', async (t) => {
    const harness = await opened(t);
    const { store } = harness;
    const watched = collect(store, '', 0);
    const release = harness.hold();
    const commits = Array.from({ length: 30 }, (_, n) => store.commit({ put: [{ key: `k${n}`, value: n }] }));
    const closed = store.close();
    const again = store.close();
    await assert.rejects(store.commit({ put: [{ key: 'late', value: 1 }] }), { code: 'store_closed' });
    release();
    await closed;
    await again;
    const last = Math.max(...(await Promise.all(commits)).map(revisionOf));
    await watched.until(last);
    assert.equal(watched.batches.length, 30);
    for (const call of [
      () => store.get('k1'),
      () => store.list(''),
      () => store.revision(),
      () => store.watch('', 0, () => {}),
    ]) {
      assert.throws(call, { code: 'store_closed' });
    }
    await assert.rejects(store.commit({}), { code: 'store_closed' });
    assert.equal((await harness.reopen()).list('').length, 30);
  });

  it('closes an idle store, and one whose batch fails', async (t) => {
    const harness = await opened(t);
    await harness.store.close();
    const store = await harness.reopen();
    harness.failNext('store_failed');
    const lost = store.commit({ put: [{ key: 'a', value: 1 }] });
    const closed = store.close();
    await assert.rejects(lost, { code: 'store_failed' });
    await closed;
    assert.equal((await harness.reopen()).get('a'), undefined);
  });
}
