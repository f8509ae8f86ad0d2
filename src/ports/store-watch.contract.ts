/** Part of the store's contract: watches and the change log behind them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { WatchBatch } from './store.ts';
import { collect, linesOf, type Opened, put, revisionOf } from './store-harness.contract.ts';

/** Registers the cases about watches. */
export function storeWatchCases(opened: Opened): void {
  watchCases(opened);
  compactionCases(opened);
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
