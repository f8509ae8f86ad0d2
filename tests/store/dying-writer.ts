/** A writer thread that opens as an empty store, answers one batch, and ends in the middle of the second. */
import { parentPort } from 'node:worker_threads';
import type { WriterAnswer, WriterRequest } from '../../src/adapters/store/writer-messages.ts';

const answer = (message: WriterAnswer): void => parentPort?.postMessage(message);
let writes = 0;

parentPort?.on('message', (request: WriterRequest) => {
  if (request.kind !== 'write') return;
  writes += 1;
  if (writes === 1) answer({ kind: 'written' });
  else process.exit(3);
});
answer({ kind: 'opened', head: { epoch: 1, revision: 0, oldestRevision: 0 } });
