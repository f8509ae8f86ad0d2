/** Entry of the thread that checks one store's file whole. Started by `check-in-thread.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckAnswer, CheckRequest } from './check-in-thread.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { checkStoreFile } from './sqlite-file.ts';
import { faultToParts } from './writer-messages.ts';

const { file, newestVersion, action } = workerData as CheckRequest;

function check(): CheckAnswer {
  try {
    checkStoreFile(file, newestVersion, { others: 'anybody', depth: 'integrity_check' }, action);
    return null;
  } catch (error) {
    return faultToParts(sqliteFault(action, error));
  }
}

parentPort?.postMessage(check());
