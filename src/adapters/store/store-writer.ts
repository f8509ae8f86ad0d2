/** Entry of the writer thread: one database, requests in the order they come. Started by `worker-writer.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { exhaustive } from '../../core/kit/exhaustive.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { type MediumConfig, openSqliteMedium, type SqliteMedium } from './sqlite-medium.ts';
import { faultToParts, type WriterAnswer, type WriterRequest } from './writer-messages.ts';

const answer = (message: WriterAnswer): void => parentPort?.postMessage(message);

try {
  const medium = openSqliteMedium(workerData as MediumConfig);
  for (const chunk of medium.load()) answer({ kind: 'chunk', chunk });
  parentPort?.on('message', (request: WriterRequest) => void serve(medium, request));
  answer({ kind: 'opened', head: medium.head() });
} catch (error) {
  answer({ kind: 'refused', fault: faultToParts(sqliteFault('open the store', error)) });
}

async function serve(medium: SqliteMedium, request: WriterRequest): Promise<void> {
  switch (request.kind) {
    case 'write':
      try {
        medium.write(request.batch);
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
