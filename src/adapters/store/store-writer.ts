/** Entry of the writer thread: one database, requests in the order they come. Started by `worker-writer.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { exhaustive } from '../../core/kit/exhaustive.ts';
import type { LoadChunk } from './medium-rows.ts';
import { unpackBatch } from './packed-batch.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { type MediumConfig, openSqliteMedium, type SqliteMedium } from './sqlite-medium.ts';
import { faultToParts, type WriterAnswer, type WriterRequest } from './writer-messages.ts';

interface Opened {
  readonly medium: SqliteMedium;
  readonly chunks: Generator<LoadChunk>;
}

const answer = (message: WriterAnswer): void => parentPort?.postMessage(message);

try {
  const medium = openSqliteMedium(workerData as MediumConfig, 'beside');
  const opened = { medium, chunks: medium.load() };
  parentPort?.on('message', (request: WriterRequest) => void serve(opened, request));
  loadMore(opened);
} catch (error) {
  refuse(error);
}

function refuse(error: unknown): void {
  answer({ kind: 'refused', fault: faultToParts(sqliteFault('open the store', error)) });
  parentPort?.close();
}

function loadMore({ medium, chunks }: Opened): void {
  try {
    const { done, value } = chunks.next();
    answer(done === true ? { kind: 'opened', head: medium.head() } : { kind: 'chunk', chunk: value });
  } catch (error) {
    refuse(error);
  }
}

async function serve(opened: Opened, request: WriterRequest): Promise<void> {
  const { medium } = opened;
  switch (request.kind) {
    case 'load_more':
      loadMore(opened);
      return;
    case 'write':
      try {
        medium.write(unpackBatch(request.batch));
      } catch (error) {
        answer({ kind: 'failed', fault: faultToParts(sqliteFault('write to the store', error)) });
        return;
      }
      answer({ kind: 'written' });
      return;
    case 'backup': {
      const { id, target } = request;
      try {
        answer({ kind: 'backed_up', id, position: await medium.backup(target) });
      } catch (error) {
        answer({ kind: 'backup_failed', id, fault: faultToParts(sqliteFault('back up the store', error)) });
      }
      return;
    }
    case 'close':
      await medium.close();
      answer({ kind: 'closed' });
      parentPort?.close();
      return;
    default:
      exhaustive(request);
  }
}
