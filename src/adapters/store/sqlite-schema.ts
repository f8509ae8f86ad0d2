import type { DatabaseSync } from 'node:sqlite';

/** Marks a SQLite file as a Holdfast store ("HFst"). */
export const applicationId = 0x48467374;

/** Place of a change within its transaction is kept in the low digits of its row id; more than `maxChangesPerCommit`. */
export const changesPerRevision = 32_768;

/** Brings a database from one version to the next, inside a transaction. */
export type Migration = (db: DatabaseSync) => void;

/** `migrations[n]` leads from version `n + 1` to `n + 2`. Version 1 is the first. */
export const migrations: readonly Migration[] = [
  (db) => db.exec('ALTER TABLE change ADD COLUMN previous_is_undo INTEGER NOT NULL DEFAULT 0'),
];

/**
 * Creates the tables of the newest version in an empty file.
 *
 * `change` is an undo log: it holds what a key was *before* each change, or what leads back to it from the state after (see
 * `undo.ts`). That state follows from the next newer change of the same key, or from `entry`; so a value is written once per
 * change, as a whole.
 */
export function createSchema(db: DatabaseSync): void {
  db.exec(`
    PRAGMA page_size = 4096;
    PRAGMA synchronous = FULL;
    BEGIN IMMEDIATE;
    CREATE TABLE meta (
      name TEXT PRIMARY KEY NOT NULL,
      number INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES ('epoch', 1), ('revision', 0), ('oldest_revision', 0);
    CREATE TABLE entry (
      key TEXT PRIMARY KEY NOT NULL,
      value TEXT NOT NULL,
      mod_revision INTEGER NOT NULL,
      create_revision INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE change (
      position INTEGER PRIMARY KEY, -- revision * ${changesPerRevision} + place in the transaction
      key TEXT NOT NULL,
      previous_value TEXT,
      previous_mod_revision INTEGER,
      previous_create_revision INTEGER,
      previous_is_undo INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${migrations.length + 1};
    COMMIT;
  `);
}

/** A number that a pragma answers with. */
export function readPragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** A row of `meta`; throws when it is missing. */
export function readMeta(db: DatabaseSync, name: 'epoch' | 'revision' | 'oldest_revision'): number {
  const row = db.prepare('SELECT number FROM meta WHERE name = ?').get(name);
  if (row === undefined) throw new Error(`meta row "${name}" is missing`);
  return Number(row.number);
}
