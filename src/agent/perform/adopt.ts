import type { ProcessProof } from '../../core/instance/process.ts';
import { recordSpawned } from '../../core/instance/record-incarnation.ts';
import { changeRecord } from '../change-record.ts';
import { watchProcess } from '../watch-process.ts';
import type { Performing } from './performing.ts';

/** Journals the proof of a process that an earlier life started without living to record it (spec F4). */
export async function performAdopt({ ctx, slot }: Performing, process: ProcessProof): Promise<void> {
  const now = ctx.deps.clock.now();
  await changeRecord(ctx, slot, (record) => recordSpawned(record, process, now));
  watchProcess(ctx, slot);
}
