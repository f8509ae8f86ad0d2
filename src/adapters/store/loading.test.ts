import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { StoreEntry, WatchBatch } from '../../ports/store.ts';
import { createMemoryStore } from './memory.ts';
import { openSqliteStore } from './sqlite.ts';

/** More than some chunks of rows. */
const count = 3_500;

const keyOf = (n: number): string => `vm/${String(n).padStart(5, '0')}`;
const rows = (round: number) =>
  Array.from({ length: count }, (_, n) => ({
    key: keyOf(n),
    value: { n, round, spec: { disks: ['root'], kernel: 'https://images.example.org/vmlinuz' } },
  }));

for (const writer of ['worker', 'same_thread'] as const) {
  test(`a store of many rows is loaded whole, each change with the entries before and after it (${writer})`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
    try {
      const open = () => openSqliteStore({ file: join(dir, 'store.db'), writer });
      const store = await open();
      await store.commit({ put: rows(1) });
      await store.commit({ put: rows(2).slice(1), delete: [keyOf(0)] });
      const before = store.list('');
      await store.close();

      const opened = await open();
      assert.deepEqual(opened.list(''), before);
      const seen = await pastOf(opened);
      assert.deepEqual(
        seen.map(({ revision, events }) => [revision, events.length]),
        [
          [1, count],
          [2, count],
        ],
      );
      const [, last] = seen;
      for (const event of last?.events ?? []) {
        const { previous } = event;
        assert.equal(roundOf(previous), 1);
        assert.equal(event.type === 'put' ? roundOf(event.entry) : event.key, event.type === 'put' ? 2 : keyOf(0));
        if (event.type === 'put') assert.equal(previous?.key, event.entry.key);
      }
      await opened.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}

for (const writer of ['worker', 'same_thread'] as const) {
  test(`what the database held at the start is let go of when it changed and its past is dropped (${writer})`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
    try {
      const open = () => openSqliteStore({ file: join(dir, 'store.db'), writer, changeLogLimit: 8 });
      const created = await open();
      for (const round of [1, 2]) await created.commit({ put: rows(round).slice(0, 4) });
      await created.close();

      const opened = await open();
      const held = opened.list('').map(({ value }) => new WeakRef(value as object));
      for (let round = 3; round < 8; round += 1) await opened.commit({ put: rows(round).slice(0, 4) });
      assert.equal(await survivors(held), 0);
      await opened.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}

test('what rows of a kind say alike is held once, from their creation and after loading', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
  try {
    const open = () => openSqliteStore({ file: join(dir, 'store.db'), writer: 'same_thread' });
    const created = await open();
    await created.commit({ put: rows(1).slice(0, 3) });
    assert.equal(specOf(created.get(keyOf(1))), specOf(created.get(keyOf(0))));
    await created.close();

    const loaded = await open();
    assert.equal(specOf(loaded.get(keyOf(2))), specOf(loaded.get(keyOf(1))));
    await loaded.close();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a value that is changed is held as it was given: who compares it with the one before sees the very same parts', async () => {
  const store = createMemoryStore();
  await store.commit({ put: rows(1).slice(0, 2) });
  const given = { n: 0, spec: { disks: ['root'], kernel: 'https://images.example.org/vmlinuz' } };
  await store.commit({ put: [{ key: keyOf(0), value: given }] });
  assert.equal(store.get(keyOf(0))?.value, given);
  await store.close();
});

/** How many are still there after one collection. */
async function survivors(held: readonly WeakRef<object>[]): Promise<number> {
  // What is looked at through a WeakRef lives to the end of the turn.
  await new Promise(setImmediate);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return held.filter((one) => one.deref() !== undefined).length;
}

function pastOf(store: Awaited<ReturnType<typeof openSqliteStore>>): Promise<readonly WatchBatch[]> {
  const seen: WatchBatch[] = [];
  return new Promise((resolve) => {
    store.watch('', 0, (batch) => {
      seen.push(batch);
      if (batch.revision === store.revision()) resolve(seen);
    });
  });
}

const roundOf = (entry: StoreEntry | undefined): unknown =>
  (entry?.value as { readonly round?: number } | undefined)?.round;
const specOf = (entry: StoreEntry | undefined): unknown =>
  (entry?.value as { readonly spec?: object } | undefined)?.spec;
