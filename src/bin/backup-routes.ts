/**
 * Backup and restore of the store over the API, for administrators: the store belongs to this process alone while it runs, so
 * a copy can only be made from inside. A backup holds everything, secrets and token hashes included.
 */

import { createReadStream, createWriteStream, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { checkBackup } from '../adapters/store/restore-store.ts';
import type { SqliteStore } from '../adapters/store/sqlite.ts';
import { describeRoute, json } from '../control/api/describe-route.ts';
import { type ApiServer, principalOf } from '../control/api/route-context.ts';
import { routeErrors } from '../control/api/route-errors.ts';
import { mayEdit } from '../control/roles.ts';
import { Fault } from '../core/kit/fault.ts';
import { gibBytes } from '../core/kit/gib-bytes.ts';
import type { Random } from '../ports/random.ts';
import { anyObjectSchema } from '../wire/http/answers.ts';
import { noQuery } from '../wire/http/queries.ts';
import { isFull } from './replace-file.ts';

const sqliteType = 'application/vnd.sqlite3';

/** A store larger than this is restored with `holdfast restore --data-dir` beside a stopped control plane. */
const restoreBytesMax = 8 * gibBytes;

/** Names of files that exist only during a request, and of what SQLite puts beside them. */
const scratchName = /^(backup|restore)-[0-9a-f]{16}[.]db([.]partial)?(-journal|-wal|-shm)?$/;

export interface BackupRouteDeps {
  readonly store: SqliteStore;
  readonly dataDir: string;
  readonly random: Random;
  /** Called with a received backup: the control plane ends, restores it, and starts again. */
  readonly onRestore: (file: string) => void;
}

export function addBackupRoutes(app: ApiServer, deps: BackupRouteDeps): void {
  const scratch = (what: string): string => join(deps.dataDir, `${what}-${deps.random.hex(8)}.db`);

  app.get(
    '/v1/backup',
    describeRoute({
      tag: 'admin',
      summary: 'A copy of the whole store, taken while it runs',
      query: noQuery,
      answers: { 200: { text: 'A SQLite file.', content: { [sqliteType]: z.string() } } },
      errors: routeErrors.backup,
    }),
    async (request, reply) => {
      if (!mayEdit(principalOf(request)))
        throw new Fault('forbidden', 'Only an administrator may take a backup', { retry: 'never' });
      const file = scratch('backup');
      const { epoch, revision } = await deps.store.backupTo(file);
      const stream = createReadStream(file);
      // The name goes at once; the open descriptor keeps the bytes until they are sent.
      stream.once('open', () => rmSync(file, { force: true }));
      return reply
        .header('content-type', sqliteType)
        .header('content-length', statSync(file).size)
        .header('x-holdfast-epoch', epoch)
        .header('x-holdfast-revision', revision)
        .send(stream);
    },
  );

  app.addContentTypeParser(sqliteType, (_request, payload, done) => done(null, payload));
  app.post(
    '/v1/restore',
    {
      bodyLimit: restoreBytesMax,
      ...describeRoute({
        tag: 'admin',
        summary: 'Replace the store by a backup and start a new epoch',
        query: noQuery,
        body: z.string(),
        bodyTypes: [sqliteType],
        answers: { 202: json('Received: the control plane starts anew with it.', anyObjectSchema) },
        errors: routeErrors.restore,
      }),
    },
    async (request, reply) => {
      if (!mayEdit(principalOf(request)))
        throw new Fault('forbidden', 'Only an administrator may restore', { retry: 'never' });
      const file = scratch('restore');
      try {
        await pipeline(request.body as Readable, createWriteStream(file, { mode: 0o600, flush: true }));
        // What cannot be restored is said to whoever sent it, not to the log of a control plane that ended for it.
        await checkBackup(file, 'restore from this file');
      } catch (error) {
        rmSync(file, { force: true });
        if (!isFull(error)) throw error;
        throw new Fault('store_full', 'Cannot take the backup in: the disk is full', { cause: error });
      }
      // Answered first: the answer's own connection ends with the control plane that restores.
      reply.raw.once('finish', () => deps.onRestore(file));
      return reply.code(202).send({ status: 'restoring' });
    },
  );
}

/** Removes the copies of the store that a control plane left when it was killed during a backup or restore; answers their names. */
export function dropScratch(dataDir: string): readonly string[] {
  const left = readdirSync(dataDir).filter((name) => scratchName.test(name));
  for (const name of left) rmSync(join(dataDir, name), { force: true });
  return left;
}
