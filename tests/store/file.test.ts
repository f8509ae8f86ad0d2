/** Files that must not be opened are refused with a clear code and left as they were; older ones are migrated after a copy. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { filledLogBytes } from '../../src/adapters/store/log-file.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/adapters/store/sqlite.ts';
import { openSqliteMedium } from '../../src/adapters/store/sqlite-medium.ts';
import {
  applicationId,
  changesPerRevision,
  migrations as ourMigrations,
} from '../../src/adapters/store/sqlite-schema.ts';
import { mountSmallDisk } from '../full-disk/small-disk.ts';

const loadChild = fileURLToPath(new URL('./load-child.ts', import.meta.url));

function aDirectory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-file-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A closed store with some entries. */
async function aStoreFile(t: TestContext): Promise<string> {
  const file = join(aDirectory(t), 'store.db');
  const store = await openSqliteStore({ file, writer: 'same_thread' });
  const put = Array.from({ length: 300 }, (_, n) => ({ key: `k${n}`, value: 'x'.repeat(500) }));
  await store.commit({ put });
  await store.close();
  return file;
}

/** Names and bytes of everything in the file's directory but the lock. */
function contents(file: string): Record<string, string> {
  const dir = join(file, '..');
  const names = readdirSync(dir).filter((name) => name !== 'lock.db');
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, name)).toString('base64')]));
}

/** Opening fails with the code, twice (the first refusal leaves no lock behind), and changes nothing. */
async function assertRefused(file: string, code: string): Promise<void> {
  const before = contents(file);
  for (const writer of ['same_thread', 'worker', 'same_thread'] as const) {
    await assert.rejects(openSqliteStore({ file, writer }), (error) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, code, error.message);
      assert.ok(!error.message.includes(join(file, '..')), `the message names a host path: ${error.message}`);
      return true;
    });
  }
  assert.deepEqual(contents(file), before);
}

function overwrite(file: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(file, change(readFileSync(file)));
}

describe('a file that is not a sound store of our version', () => {
  it('is refused as foreign when it is no database', async (t) => {
    const file = join(aDirectory(t), 'store.db');
    writeFileSync(file, 'dear diary\n'.repeat(1_000));
    await assertRefused(file, 'store_foreign');
  });

  for (const mode of ['delete', 'wal']) {
    it(`is refused as foreign when it is the database of another program (journal mode ${mode})`, async (t) => {
      const file = join(aDirectory(t), 'store.db');
      const other = new DatabaseSync(file);
      other.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE meta (name, number)`);
      other.close();
      await assertRefused(file, 'store_foreign');
    });
  }

  it('is refused as corrupt when it is empty', async (t) => {
    const file = join(aDirectory(t), 'store.db');
    writeFileSync(file, '');
    await assertRefused(file, 'store_corrupt');
  });

  it('is refused as corrupt when its end is missing', async (t) => {
    const file = await aStoreFile(t);
    overwrite(file, (bytes) => bytes.subarray(0, bytes.length / 2));
    await assertRefused(file, 'store_corrupt');
  });

  it('is refused as corrupt when a page in the middle is garbage', async (t) => {
    const file = await aStoreFile(t);
    overwrite(file, (bytes) => bytes.fill(0xa5, 5 * 4_096, 6 * 4_096));
    await assertRefused(file, 'store_corrupt');
  });

  it('is refused as corrupt when a value is damaged in a way that SQLite does not see', async (t) => {
    const file = await aStoreFile(t);
    overwrite(file, (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('xxxx"', '""xx"'), 'latin1'));
    const before = readFileSync(file);
    await assert.rejects(openSqliteStore({ file, writer: 'worker' }), { code: 'store_corrupt' });
    assert.deepEqual(readFileSync(file), before);
  });

  it('is refused as corrupt when its log is there without it, and the log is kept', async (t) => {
    const file = join(aDirectory(t), 'store.db');
    writeFileSync(`${file}-wal`, 'the log of a database that somebody removed');
    await assertRefused(file, 'store_corrupt');
  });

  it('is refused as corrupt with its log, whether anything can be read of that or not, and the log is kept', async (t) => {
    const sound = await aStoreFile(t);
    const db = new DatabaseSync(sound);
    db.exec("PRAGMA wal_autocheckpoint = 0; DELETE FROM entry WHERE key = 'k1'");
    const log = readFileSync(`${sound}-wal`);
    const half = readFileSync(sound).subarray(0, 5 * 4_096);
    db.close();
    const flipped = (at: number): Buffer => Buffer.from(log).fill((log[at] ?? 0) ^ 1, at, at + 1);
    const [inHeader, inFrame] = [flipped(25), flipped(100)];
    for (const bytes of [log, inHeader, inFrame, log.subarray(0, 500), Buffer.from('no log at all')]) {
      const file = join(aDirectory(t), 'store.db');
      writeFileSync(file, half);
      writeFileSync(`${file}-wal`, bytes);
      await assertRefused(file, 'store_corrupt');
    }
  });

  it('is refused as newer when a later version wrote it', async (t) => {
    const file = await aStoreFile(t);
    const db = new DatabaseSync(file);
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA user_version = 7');
    db.close();
    await assertRefused(file, 'store_newer');
  });

  it('is refused as newer when only the log says so, and the log is kept', async (t) => {
    const file = await aStoreFile(t);
    const crashed = join(aDirectory(t), 'store.db');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 7');
    // What a later version would leave if it was killed right after its migration.
    for (const suffix of ['', '-wal']) writeFileSync(crashed + suffix, readFileSync(file + suffix));
    db.close();
    await assertRefused(crashed, 'store_newer');
  });
});

describe('the write-ahead log of an open store', () => {
  for (const writer of ['same_thread', 'worker'] as const) {
    it(`has room from the start, so that no commit has to make a file grow (${writer})`, async (t) => {
      const file = await aStoreFile(t);
      const store = await openSqliteStore({ file, writer });
      assert.equal(statSync(`${file}-wal`).size, filledLogBytes);
      for (let n = 0; n < 50; n += 1) await store.commit({ put: [{ key: `k${n}`, value: 'y'.repeat(500) }] });
      assert.equal(statSync(`${file}-wal`).size, filledLogBytes);
      await store.close();
    });
  }

  it('ends with the last commit for who finds it after a crash, and is filled again', async (t) => {
    const file = await aStoreFile(t);
    const crashed = join(aDirectory(t), 'store.db');
    const store = await openSqliteStore({ file, writer: 'same_thread' });
    await store.commit({ put: [{ key: 'k0', value: 'only in the log' }] });
    const log = readFileSync(`${file}-wal`);
    const end = log.findLastIndex((byte) => byte !== 0) + 1;
    writeFileSync(crashed, readFileSync(file));
    // The room behind the commit got lost, too.
    writeFileSync(`${crashed}-wal`, log.subarray(0, end + 100_000));
    await store.close();
    const found = await openSqliteStore({ file: crashed, writer: 'same_thread' });
    assert.equal(found.get('k0')?.value, 'only in the log');
    assert.equal(found.list('').length, 300);
    assert.equal(statSync(`${crashed}-wal`).size, filledLogBytes);
    await found.close();
  });
});

/** A store as version 1 wrote it: its change log held whole values only. */
function writeVersion1(file: string): void {
  const db = new DatabaseSync(file);
  db.exec(`
    CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES ('epoch', 7), ('revision', 3), ('oldest_revision', 1);
    CREATE TABLE entry (
      key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, mod_revision INTEGER NOT NULL, create_revision INTEGER NOT NULL
    ) STRICT;
    INSERT INTO entry VALUES ('vm/a', '{"n":3,"same":[1]}', 3, 1), ('vm/b', '{"n":2}', 2, 2);
    CREATE TABLE change (
      position INTEGER PRIMARY KEY, key TEXT NOT NULL, previous_value TEXT, previous_mod_revision INTEGER,
      previous_create_revision INTEGER
    ) STRICT;
    INSERT INTO change VALUES (${2 * changesPerRevision}, 'vm/b', NULL, NULL, NULL),
      (${3 * changesPerRevision}, 'vm/a', '{"n":1,"same":[1]}', 1, 1);
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = 1;
  `);
  db.close();
}

describe('a store of an older version', () => {
  it('keeps its entries and its history, to which new changes are added in the new form', async (t) => {
    const file = join(aDirectory(t), 'store.db');
    writeVersion1(file);
    const old = await openSqliteStore({ file, writer: 'worker' });
    assert.equal(old.epoch, 7);
    await old.commit({ put: [{ key: 'vm/a', value: { n: 4, same: [1] } }] });
    await old.commit({ put: [{ key: 'vm/a', value: { n: 5, same: [1] } }] });
    await old.close();
    const store = await openSqliteStore({ file, writer: 'worker' });
    const told: unknown[] = [];
    const watch = store.watch('vm/', 1, ({ revision, events }) => {
      for (const event of events) {
        if (event.type === 'put') told.push([revision, event.entry.key, event.previous?.value, event.entry.value]);
      }
    });
    assert.equal(watch.kind, 'watching');
    await store.close();
    assert.deepEqual(told, [
      [2, 'vm/b', undefined, { n: 2 }],
      [3, 'vm/a', { n: 1, same: [1] }, { n: 3, same: [1] }],
      [4, 'vm/a', { n: 3, same: [1] }, { n: 4, same: [1] }],
      [5, 'vm/a', { n: 4, same: [1] }, { n: 5, same: [1] }],
    ]);
    const kept = new DatabaseSync(`${file}.v1.backup`, { readOnly: true });
    assert.equal(kept.prepare('SELECT count(*) AS n FROM change').get()?.['n'], 2);
    kept.close();
  });

  it('is migrated in one transaction after a copy was made, and the copy still opens', async (t) => {
    const file = await aStoreFile(t);
    const migrations = [
      ...ourMigrations,
      (db: DatabaseSync) => db.exec('ALTER TABLE entry RENAME COLUMN value TO document'),
      (db: DatabaseSync) => db.exec('ALTER TABLE entry RENAME COLUMN document TO value'),
    ];
    const medium = openSqliteMedium({ file }, 'here', migrations);
    assert.equal(medium.head().revision, 1);
    await medium.close();
    await assertRefused(file, 'store_newer');
    const copy = join(aDirectory(t), 'store.db');
    writeFileSync(copy, readFileSync(`${file}.v${ourMigrations.length + 1}.backup`));
    const store = await openSqliteStore({ file: copy, writer: 'same_thread' });
    assert.equal(store.list('').length, 300);
    await store.close();
  });

  it('stays as it was when a migration fails', async (t) => {
    const file = await aStoreFile(t);
    const fails = (db: DatabaseSync) => db.exec('DELETE FROM entry; SELECT no_such_function()');
    const migrations = [...ourMigrations, fails];
    assert.throws(() => openSqliteMedium({ file }, 'here', migrations), { code: 'store_failed' });
    const store = await openSqliteStore({ file, writer: 'same_thread' });
    assert.equal(store.list('').length, 300);
    await store.close();
  });
});

describe('a full disk', () => {
  for (const writer of ['worker', 'same_thread'] as const) {
    it(`refuses writes with store_full, goes on reading, and takes writes again when there is room (${writer})`, async (t) => {
      const dir = aDirectory(t);
      mkdirSync(join(dir, 'made'), { recursive: true });
      const options: SqliteStoreOptions = { file: join(dir, 'made/store.db'), writer, changeLogLimit: 8 };
      const store = await openSqliteStore({ ...options, testHooks: { maxPageCount: 60 } });
      let kept = 0;
      const fill = async (): Promise<void> => {
        for (; kept < 200; kept += 1) await store.commit({ put: [{ key: `k${kept}`, value: 'x'.repeat(3_000) }] });
      };
      await assert.rejects(fill(), { code: 'store_full', retry: 'later' });
      assert.ok(kept > 5);
      const revision = store.revision();
      assert.equal(store.list('').length, kept);
      await assert.rejects(fill(), { code: 'store_full' });
      assert.equal(store.revision(), revision);
      await store.close();
      const roomy = await openSqliteStore(options);
      assert.equal(roomy.list('').length, kept);
      assert.ok((await roomy.commit({ put: [{ key: 'more', value: 'x'.repeat(9_000) }] })).ok);
      await roomy.close();
    });
  }

  for (const writer of ['worker', 'same_thread'] as const) {
    it(`without one free byte does not keep a killed store from opening: it reads, and writes once there is room (${writer})`, async (t) => {
      const disk = mountSmallDisk(16);
      if (disk === null) return t.skip('no disk can be mounted');
      t.after(disk.unmount);
      const file = join(disk.dir, 'store.db');
      const killed = spawn(process.execPath, [loadChild, file, writer, 'FULL', '4', '0'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const exited = once(killed, 'exit');
      killed.stdout.on('data', (said) => String(said).includes('ack') && killed.kill('SIGKILL'));
      killed.stdin.write('go\n');
      await exited;
      disk.fill();
      const before = contents(file);
      const store = await openSqliteStore({ file, writer });
      assert.ok(store.list('a/').length > 0);
      assert.deepEqual(Object.keys(contents(file)), Object.keys(before));
      const put = [{ key: 'more', value: 'x'.repeat(9_000) }];
      const commits = async (): Promise<void> => {
        for (let n = 0; n < 1_000; n += 1) await store.commit({ put });
      };
      await assert.rejects(commits(), { code: 'store_full', retry: 'later' });
      disk.makeRoom();
      assert.ok((await store.commit({ put })).ok);
      await store.close();
    });
  }
});
