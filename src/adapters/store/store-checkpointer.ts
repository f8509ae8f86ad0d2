/** Entry of the thread that folds one store's log into its database. Started by `checkpoints.ts`. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { FoldAnswer } from './checkpoints.ts';
import { connectionUrl } from './connection-url.ts';

let db: DatabaseSync | undefined;

function fold(): FoldAnswer {
  try {
    db ??= new DatabaseSync(connectionUrl(workerData as string));
    db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    return 'folded';
  } catch {
    // Nothing is lost: every commit is in the log. Who asked goes on without this thread.
    return 'failed';
  }
}

parentPort?.on('message', () => parentPort?.postMessage(fold()));
