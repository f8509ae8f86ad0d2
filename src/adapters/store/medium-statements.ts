/** The SQL of a store's database. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** All that writes. */
export function prepareStatements(db: DatabaseSync) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    logPast: db.prepare(`INSERT INTO change
      SELECT ?1, ?2, entry.value, entry.mod_revision, entry.create_revision, 0
      FROM (SELECT 1) LEFT JOIN entry ON entry.key = ?2`),
    logUndo: db.prepare('INSERT INTO change VALUES (?, ?, ?, ?, ?, 1)'),
    upsert: db.prepare(`INSERT INTO entry VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
      SET value = excluded.value, mod_revision = excluded.mod_revision, create_revision = excluded.create_revision`),
    update: db.prepare('UPDATE entry SET value = ?, mod_revision = ? WHERE key = ?'),
    remove: db.prepare('DELETE FROM entry WHERE key = ?'),
    setMeta: db.prepare('UPDATE meta SET number = ? WHERE name = ?'),
    prune: db.prepare('DELETE FROM change WHERE position < ?'),
  };
}

/** Rows per chunk when a store is loaded: bounds the copy that goes through the message port. */
const loadRowsPerChunk = 1_000;

/** Rows of a query in groups. */
export function* chunks(statement: StatementSync): Generator<Record<string, unknown>[]> {
  let chunk: Record<string, unknown>[] = [];
  for (const row of statement.iterate()) {
    chunk.push(row);
    if (chunk.length < loadRowsPerChunk) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
