import { Worker } from 'node:worker_threads';
import { Fault } from '../../core/kit/fault.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { type FaultParts, faultFromParts } from './writer-messages.ts';

/** What the thread is to check. `newestVersion`: the newest form of a store that would do. */
export interface CheckRequest {
  readonly file: string;
  readonly newestVersion: number;
  readonly action: string;
}

/** What the thread answers: null = it is sound. */
export type CheckAnswer = FaultParts | null;

/** An entry of its own, as `store-writer` is. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './store-checker.ts' : './store-checker.js', import.meta.url);

/**
 * Checks a store's file whole, in a thread of its own: of a large one that takes many seconds, in which the caller serves on.
 * Faults as `checkStoreFile`; `store_failed` when the thread ends without an answer.
 */
export async function checkInThread(request: CheckRequest): Promise<void> {
  const worker = new Worker(entry, { workerData: request });
  const answer = await new Promise<CheckAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(sqliteFault(request.action, error)));
    worker.once('exit', () => reject(new Fault('store_failed', `Cannot ${request.action}: its check broke off`)));
  });
  if (answer !== null) throw faultFromParts(answer);
}
