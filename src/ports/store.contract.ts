/**
 * The contract suite of the `Store` port: every implementation passes it, so that what runs on the memory store in the
 * simulation may be trusted to run on the durable one. Call `storeContract` from the implementation's test file.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultCode } from '../core/kit/fault.ts';
import type { Json } from '../core/kit/json.ts';
import type { Store } from './store.ts';
import {
  collect,
  keysOf,
  linesOf,
  type Opened,
  type OpenStoreHarness,
  put,
  revisionOf,
} from './store-harness.contract.ts';
import { storeModelCases } from './store-model.contract.ts';
import { storeWatchCases } from './store-watch.contract.ts';

/** Registers the contract's cases as `node:test` tests under `name`. `modelRuns`: random histories to try. */
export function storeContract(
  name: string,
  open: OpenStoreHarness,
  options: { readonly modelRuns?: number } = {},
): void {
  const opened: Opened = async (t, options = {}) => {
    const harness = await open(options);
    t.after(() => harness.dispose());
    return harness;
  };
  describe(`store contract: ${name}`, () => {
    commitCases(opened);
    listCases(opened);
    durabilityCases(opened);
    storeWatchCases(opened);
    closeCases(opened);
    storeModelCases(open, options.modelRuns ?? 100);
  });
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

  it('compares against the newest accepted write also while an older one of the same key becomes durable', async (t) => {
    const { store, hold } = await opened(t);
    const releaseFirst = hold();
    const first = store.commit({ put: [{ key: 'a', value: 1 }] });
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const second = store.commit({ put: [{ key: 'a', value: 2 }] });
    const releaseSecond = hold();
    releaseFirst();
    const revision = revisionOf(await first);
    assert.equal(store.get('a')?.value, 1);
    const stale = store.commit({ expect: [{ key: 'a', modRevision: revision }], put: [{ key: 'a', value: 'stale' }] });
    releaseSecond();
    assert.ok(revisionOf(await second) > revision);
    assert.deepEqual(await stale, { ok: false, conflicts: ['a'] });
    assert.equal(store.get('a')?.value, 2);
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
