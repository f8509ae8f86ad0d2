import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { BatchedStore } from '../../src/adapters/store/batched-store.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { openWorkerWriter } from '../../src/adapters/store/worker-writer.ts';
import { faultCode } from '../../src/core/kit/fault.ts';

const put = (key: string) => ({ put: [{ key, value: 1 }] });

it('a writer thread that dies fails what is in flight, queued and later with store_failed; reads go on, close ends', async () => {
  const thread = new URL('./dying-writer.ts', import.meta.url);
  const { image, writer, backup, broken } = await openWorkerWriter({ file: 'unused' }, thread);
  const store = new BatchedStore(writer, image);
  assert.ok((await store.commit(put('a'))).ok);
  const inFlight = store.commit(put('b'));
  await new Promise((resolve) => setImmediate(resolve));
  const outcomes = await Promise.allSettled([inFlight, store.commit(put('c')), backup('nowhere')]);
  for (const outcome of outcomes) {
    assert.equal(outcome.status === 'rejected' ? faultCode(outcome.reason) : 'done', 'store_failed');
  }
  assert.equal(faultCode(broken.reason), 'store_failed', 'its owner is told');
  await assert.rejects(store.commit(put('d')), { code: 'store_failed', retry: 'never' });
  assert.deepEqual(
    store.list('').map(({ key }) => key),
    ['a'],
  );
  await store.close();
});

it('a store that was closed is not broken', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-writer-'));
  try {
    const store = await openSqliteStore({ file: join(dir, 'store.db'), writer: 'worker' });
    await store.commit(put('a'));
    await store.close();
    assert.equal(store.broken.aborted, false);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
