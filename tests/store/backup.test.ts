/** Backups under load are whole, and a restore puts them in place under a higher epoch. */
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { lockDataDir } from '../../src/adapters/store/data-dir-lock.ts';
import { checkBackup, restoreStore } from '../../src/adapters/store/restore-store.ts';
import { openSqliteStore, type SqliteStore } from '../../src/adapters/store/sqlite.ts';

function aDirectory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-backup-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

const open = (file: string, writer: 'worker' | 'same_thread' = 'same_thread'): Promise<SqliteStore> =>
  openSqliteStore({ file, writer });

/** Writes pairs that must agree until told to stop; resolves with the number of the last pair. */
function startLoad(t: TestContext, store: SqliteStore): { stop(): Promise<number> } {
  let running = true;
  // A test that fails must not leave a load behind that never ends.
  t.after(() => {
    running = false;
  });
  const client = async (slot: number): Promise<number> => {
    let number = 0;
    while (running) {
      number += 1;
      const value = { number, filler: 'x'.repeat(2_000) };
      await store.commit({ put: ['a', 'b'].map((key) => ({ key: `${key}/${slot}/${number % 40}`, value })) });
    }
    return number;
  };
  const clients = Array.from({ length: 8 }, (_, slot) => client(slot));
  return {
    async stop() {
      running = false;
      return Math.max(...(await Promise.all(clients)));
    },
  };
}

function assertPairsAgree(store: SqliteStore): void {
  const a = store.list('a/');
  assert.ok(a.length > 0);
  for (const entry of a) assert.deepEqual(store.get(entry.key.replace('a/', 'b/'))?.value, entry.value);
}

describe('backup and restore', () => {
  it('a backup is checked beside the loop of whoever asks, who serves on meanwhile', async (t) => {
    const dir = aDirectory(t);
    const store = await open(join(dir, 'store.db'));
    const filler = 'x'.repeat(20_000);
    for (let i = 0; i < 20; i++) {
      await store.commit({ put: Array.from({ length: 50 }, (_, at) => ({ key: `a/${i}/${at}`, value: filler })) });
    }
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    let turns = 0;
    let checking = true;
    const turn = (): void => {
      turns += 1;
      if (checking) setImmediate(turn);
    };
    turn();
    await checkBackup(join(dir, 'copy'), 'restore');
    checking = false;
    assert.ok(turns > 10, `the loop turned ${turns} times`);
    const bytes = readFileSync(join(dir, 'copy'));
    bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 8_192);
    writeFileSync(join(dir, 'copy'), bytes);
    await assert.rejects(checkBackup(join(dir, 'copy'), 'restore'), { code: 'backup_damaged' });
  });

  it('gives no name to a copy that is not sound: a disk that lies is found out before the copy is needed', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const filling = await open(file);
    const filler = 'x'.repeat(20_000);
    await filling.commit({ put: Array.from({ length: 400 }, (_, at) => ({ key: `a/${at}`, value: filler })) });
    await filling.close();
    const store = await open(file);
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.alloc(8_192, 0xff), 0, 8_192, Math.floor(statSync(file).size / 2));
    closeSync(fd);
    await assert.rejects(store.backupTo(join(dir, 'copy')), { code: 'backup_failed' });
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.startsWith('copy')),
      [],
    );
    await store.close().catch(() => undefined);
  });

  for (const writer of ['worker', 'same_thread'] as const) {
    it(`copies a store under load whole, and commits go on meanwhile (${writer})`, async (t) => {
      const dir = aDirectory(t);
      const store = await open(join(dir, 'store.db'), writer);
      const load = startLoad(t, store);
      const acknowledged = await store.commit({ put: [{ key: 'before', value: 1 }] });
      assert.ok(acknowledged.ok);
      for (const name of ['one', 'two']) {
        const before = store.revision();
        const position = await store.backupTo(join(dir, name));
        assert.ok(position.revision >= before, 'an acknowledged write is missing in the backup');
        assert.ok(store.revision() > before, 'no commit went through during the backup');
        assert.equal(position.epoch, store.epoch);
      }
      await load.stop();
      await assert.rejects(store.backupTo(join(dir, 'one')), { code: 'backup_exists' });
      await assert.rejects(store.backupTo(join(dir, 'missing/one')), { code: 'backup_failed' });
      await store.close();
      await assert.rejects(store.backupTo(join(dir, 'late')), { code: 'store_closed' });
      assert.deepEqual(readdirSync(dir).sort(), ['lock.db', 'one', 'store.db', 'two']);

      const target = join(dir, 'restored/store.db');
      const restored = await restoreStore(join(dir, 'one'), target);
      const copy = await open(target, writer);
      assert.equal(copy.revision(), restored.revision);
      assert.equal(copy.get('before')?.value, 1);
      assertPairsAgree(copy);
      await copy.close();
    });
  }

  it('lets nobody else read a store, a backup, or a store that was restored (spec §12)', async (t) => {
    const dir = aDirectory(t);
    const store = await open(join(dir, 'made/store.db'));
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    await restoreStore(join(dir, 'copy'), join(dir, 'restored/store.db'));
    const seen = ['made', 'made/store.db', 'copy', 'restored', 'restored/store.db'];
    const modes = seen.map((name) => [name, (statSync(join(dir, name)).mode & 0o777).toString(8)]);
    assert.deepEqual(modes, [
      ['made', '700'],
      ...[
        ['made/store.db', '600'],
        ['copy', '600'],
      ],
      ['restored', '700'],
      ['restored/store.db', '600'],
    ]);
  });

  it('takes away what a backup to the same file left that was killed midway', async (t) => {
    const dir = aDirectory(t);
    const store = await open(join(dir, 'store.db'));
    await store.commit({ put: [{ key: 'a', value: 1 }] });
    for (const suffix of ['', '-journal']) writeFileSync(join(dir, `copy.partial${suffix}`), 'half');
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    await checkBackup(join(dir, 'copy'), 'restore');
    assert.deepEqual(readdirSync(dir).toSorted(), ['copy', 'lock.db', 'store.db']);
  });

  it('closes only when a running backup is done', async (t) => {
    const dir = aDirectory(t);
    const store = await open(join(dir, 'store.db'), 'worker');
    await store.commit({ put: Array.from({ length: 2_000 }, (_, n) => ({ key: `k${n}`, value: 'x'.repeat(2_000) })) });
    const backup = store.backupTo(join(dir, 'copy'));
    await store.close();
    assert.equal((await backup).revision, 1);
  });

  it('puts the backup in the place of a store, keeps that one beside it, and raises the epoch above both', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const store = await open(file);
    await store.commit({ put: [{ key: 'a', value: 'backed up' }] });
    await store.backupTo(join(dir, 'copy'));
    await store.commit({ put: [{ key: 'a', value: 'later' }] });
    await assert.rejects(restoreStore(join(dir, 'copy'), file), { code: 'data_dir_in_use' });
    await store.close();
    const bytes = readFileSync(join(dir, 'copy'));

    const first = await restoreStore(join(dir, 'copy'), file, { nowMs: 0 });
    assert.equal(first.epoch, store.epoch + 1);
    const second = await restoreStore(join(dir, 'copy'), file, { nowMs: 5_000_000 });
    assert.equal(second.epoch, 5_000, 'not below the wall clock in seconds');
    const third = await restoreStore(join(dir, 'copy'), file, { nowMs: 0 });
    assert.equal(third.epoch, 5_001);
    assert.deepEqual(readFileSync(join(dir, 'copy')), bytes);

    const restored = await open(file);
    assert.equal(restored.epoch, 5_001);
    assert.equal(restored.get('a')?.value, 'backed up');
    assert.ok((await restored.commit({ put: [{ key: 'a', value: 'goes on' }] })).ok);
    await restored.close();
    assert.ok(first.replaced !== undefined);
    const replacedDir = aDirectory(t);
    writeFileSync(join(replacedDir, 'store.db'), readFileSync(first.replaced));
    const replaced = await open(join(replacedDir, 'store.db'));
    assert.equal(replaced.get('a')?.value, 'later');
    await replaced.close();
  });

  it('restores over a damaged store and onto nothing', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const store = await open(file);
    await store.commit({ put: [{ key: 'a', value: 1 }] });
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    writeFileSync(file, readFileSync(file).subarray(0, 5_000));
    writeFileSync(`${file}-wal`, 'a log that belongs to the damaged store');
    await assert.rejects(open(file), { code: 'store_corrupt' });
    for (const suffix of ['-shm', '-journal']) writeFileSync(`${file}${suffix}`, 'of the damaged store');
    const { replaced } = await restoreStore(join(dir, 'copy'), file);
    assert.ok(replaced !== undefined);
    const left = readdirSync(dir).filter((name) => /^store[.]db-(wal|shm|journal)$/.test(name));
    assert.deepEqual(left, [], 'nothing of the old store is read into the new one');
    assert.equal(readFileSync(replaced).length, 5_000);
    assert.equal(readFileSync(`${replaced}-wal`, 'utf8'), 'a log that belongs to the damaged store');
    for (const target of [file, join(dir, 'new/place/store.db')]) {
      if (target !== file) assert.equal((await restoreStore(join(dir, 'copy'), target)).replaced, undefined);
      const restored = await open(target);
      assert.equal(restored.get('a')?.value, 1);
      assert.ok(restored.epoch > store.epoch);
      await restored.close();
    }
  });

  it('leaves nothing of a restore that failed at its last step, and the store as it was', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const store = await open(file);
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    const before = readFileSync(file);
    // The name under which the store would be kept is taken.
    writeFileSync(`${file}.replaced-by-epoch-9000000000`, 'of somebody else');
    await assert.rejects(restoreStore(join(dir, 'copy'), file, { nowMs: 9_000_000_000_000 }), { code: 'store_failed' });
    const kept = ['copy', 'lock.db', 'store.db', 'store.db.replaced-by-epoch-9000000000'];
    assert.deepEqual(readdirSync(dir).toSorted(), kept);
    assert.ok(readFileSync(file).equals(before));
  });

  it('raises the epoch above one that no clock explains, also where the store that is replaced is of no use', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const store = await open(file);
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    const { epoch } = await restoreStore(join(dir, 'copy'), file, { nowMs: 9_000_000_000_000 });
    const ahead = await open(file);
    await ahead.backupTo(join(dir, 'ahead'));
    await ahead.close();
    const elsewhere = await restoreStore(join(dir, 'ahead'), join(dir, 'other', 'store.db'), { nowMs: 0 });
    assert.equal(elsewhere.epoch, epoch + 1, 'above that of the backup');
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const over = await restoreStore(join(dir, 'copy'), file, { nowMs: 0 });
    assert.equal(over.epoch, epoch + 1, 'above that of the store that a newer version wrote');
  });

  it('restores nothing into a directory that a process has, also where no store is there yet', async (t) => {
    const dir = aDirectory(t);
    const store = await open(join(dir, 'store.db'));
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    const target = join(aDirectory(t), 'store.db');
    const lock = lockDataDir(dirname(target));
    await assert.rejects(restoreStore(join(dir, 'copy'), target), { code: 'data_dir_in_use' });
    assert.equal(existsSync(target), false);
    lock.release();
    await restoreStore(join(dir, 'copy'), target);
    assert.equal(existsSync(target), true);
  });

  it('refuses what is no sound backup, and a target that is no store, and changes neither', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const store = await open(file);
    await store.commit({ put: Array.from({ length: 100 }, (_, n) => ({ key: `k${n}`, value: 'x'.repeat(500) })) });
    await store.backupTo(join(dir, 'copy'));
    await store.close();
    const good = readFileSync(join(dir, 'copy'));
    writeFileSync(join(dir, 'damaged'), Buffer.from(good).fill(0x5a, 4 * 4_096, 5 * 4_096));
    writeFileSync(join(dir, 'foreign'), 'not a backup at all '.repeat(100));
    const before = readFileSync(file);
    await assert.rejects(restoreStore(join(dir, 'damaged'), file), {
      code: 'backup_damaged',
      message: /^Cannot restore from "damaged": the file is damaged/,
    });
    await assert.rejects(restoreStore(join(dir, 'foreign'), file), { code: 'store_foreign' });
    await assert.rejects(restoreStore(join(dir, 'absent'), file), { code: 'store_failed' });
    assert.deepEqual(readFileSync(file), before);
    await assert.rejects(restoreStore(join(dir, 'copy'), join(dir, 'foreign')), { code: 'store_foreign' });
    assert.match(readFileSync(join(dir, 'foreign'), 'utf8'), /^not a backup/);
    assert.deepEqual(readdirSync(dir).sort(), ['copy', 'damaged', 'foreign', 'lock.db', 'store.db']);
  });
});
