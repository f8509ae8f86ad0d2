import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { promisify } from 'node:util';
import workerThreads from 'node:worker_threads';
import { Checkpoints } from './checkpoints.ts';
import { connectionUrl } from './connection-url.ts';

const pages = 50;
/** More than `pages`, and less than a commit folds by itself, or an idle moment does. */
const enough = 60;

/** A database in WAL mode, and what a test asks of its log. */
function openLogged(t: { after(end: () => void): void }) {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-checkpoints-'));
  const file = join(dir, 'store.db');
  const db = new DatabaseSync(connectionUrl(file));
  t.after(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE entry (n INTEGER PRIMARY KEY, text TEXT)');
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  const upsert = db.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?)');
  let last = 0;
  return {
    ...{ dir, file, db },
    /** Pages in the log at which a commit folds it. */
    foldAt: () => Number(db.prepare('PRAGMA wal_autocheckpoint').get()?.['wal_autocheckpoint']),
    /** Each commit fills a page at least. */
    commit(): void {
      last += 1;
      upsert.run(last, 'x'.repeat(4_000));
    },
    log() {
      const row = db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number; checkpointed: number };
      return { length: row.log, unfolded: row.log - row.checkpointed };
    },
  };
}

/** Commits more than are kept in the log, until commits fold it by themselves as they did before there was a thread. */
async function untilCommitsFold({ commit, log, foldAt }: ReturnType<typeof openLogged>, checkpoints: Checkpoints) {
  while (log().length < enough) {
    commit();
    checkpoints.committed();
  }
  await until(() => foldAt() === pages);
  commit();
  assert.equal(log().unfolded, 0);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test('a log that became long is folded into the database beside its connection, and the next commit begins it anew', async (t) => {
  const { db, file, commit, log, foldAt } = openLogged(t);
  const checkpoints = new Checkpoints(db, file, { fold: 'beside', pages });
  assert.ok(foldAt() > enough, 'no commit folds it');
  do commit();
  while (log().length < enough);
  checkpoints.committed();
  await until(() => log().unfolded === 0);
  commit();
  assert.ok(log().length < pages, 'it begins anew');
  await checkpoints.close();
});

test('a log that a thread cannot fold is folded by the commits themselves', async (t) => {
  const logged = openLogged(t);
  const { db, dir } = logged;
  const checkpoints = new Checkpoints(db, join(dir, 'no directory', 'store.db'), { fold: 'beside', pages });
  await untilCommitsFold(logged, checkpoints);
  await checkpoints.close();
});

test('a fold that is asked for just when the thread of the last one ends is done by another thread', async (t) => {
  const { db, file, commit, log, foldAt } = openLogged(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const checkpoints = new Checkpoints(db, file, { fold: 'beside', pages });
  const statements = t.mock.method(db, 'exec');
  const askForFold = (): void => {
    do commit();
    while (log().length < enough);
    checkpoints.committed();
  };
  askForFold();
  // The thread has answered: what is left is folded here, if only nothing.
  await until(() => statements.mock.callCount() > 0);
  // Nobody needed it for longer than it is kept: it is ending, and has not ended.
  t.mock.timers.tick(11_000);
  askForFold();
  await until(() => log().unfolded === 0);
  assert.ok(foldAt() !== pages, 'commits are not left to fold the log for ever');
  await checkpoints.close();
});

test('where the host has no room for another thread the commits fold the log', async (t) => {
  const logged = openLogged(t);
  const { db, file } = logged;
  function noRoom(): never {
    throw new Error('Worker initialization failure: EAGAIN');
  }
  t.mock.method(workerThreads, 'Worker', noRoom);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const checkpoints = new Checkpoints(db, file, { fold: 'beside', pages });
  await untilCommitsFold(logged, checkpoints);
  await checkpoints.close();
});

test('a connection that is closed while its log is folded leaves a database that holds every commit', async (t) => {
  const { db, file, commit } = openLogged(t);
  const checkpoints = new Checkpoints(db, file, { fold: 'beside', pages });
  for (let n = 0; n < enough; n += 1) {
    commit();
    checkpoints.committed();
  }
  await checkpoints.close();
  const copy = new DatabaseSync(connectionUrl(file));
  assert.equal(copy.prepare('SELECT count(*) AS n FROM entry').get()?.['n'], enough);
  copy.close();
});

test('no other process can write a database that is open, nor make its commits wait', async (t) => {
  const { file, commit, dir } = openLogged(t);
  commit();
  const code = `
    const db = new (require('node:sqlite').DatabaseSync)(process.argv[1], { timeout: 0 });
    try { db.exec('BEGIN IMMEDIATE'); console.log('taken'); } catch (error) { console.log(error.message); }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', code, file]);
  assert.equal(stdout, 'database is locked\n');
  assert.deepEqual(readdirSync(dir).sort(), ['store.db', 'store.db-wal'], 'nothing is shared through a file');
});

test('a log is left as it is while its connection reads: neither a commit nor an idle moment fails of it', async (t) => {
  const { db, file, commit, log } = openLogged(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const checkpoints = new Checkpoints(db, file, { fold: 'here' });
  while (log().length < 300) commit();
  // As it does while a store is loaded, and in the steps of a backup.
  const reading = db.prepare('SELECT * FROM entry').iterate();
  reading.next();
  checkpoints.committed();
  t.mock.timers.tick(500);
  reading.return?.();
  assert.ok(log().unfolded >= 300);
  await checkpoints.close();
  const later = new Checkpoints(db, file, { fold: 'here' });
  t.mock.timers.tick(500);
  assert.equal(log().unfolded, 0, 'an idle moment without a reader folds it');
  await later.close();
});
