import type { InstanceRef } from '../../../ports/runtime.ts';
import { LOG_BOUND_BYTES, logSize, readLogTail, readTailBytes } from './console-log.ts';
import { logFiles, type QemuContext } from './context.ts';
import { keptLog } from './kept-logs.ts';

/** The last bytes of the serial log, of all incarnations, also of a removed instance; empty when there is none. */
export async function readLog(context: QemuContext, ref: InstanceRef, maxBytes: number): Promise<Uint8Array> {
  const files = logFiles(context.layout, ref);
  const bytes = Math.min(Math.max(0, maxBytes), LOG_BOUND_BYTES);
  const log = readLogTail(files, logSize(files), bytes);
  return log.length > 0 ? log : readTailBytes(keptLog(context, ref), bytes);
}
