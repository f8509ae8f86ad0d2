import type { InstanceRef } from '../../../ports/runtime.ts';
import { LOG_BOUND_BYTES, logSize, readLogTail } from './console-log.ts';
import { logFiles, type QemuContext } from './context.ts';

/** The last bytes of the serial log, of all incarnations; empty when there is none. */
export async function readLog(context: QemuContext, ref: InstanceRef, maxBytes: number): Promise<Uint8Array> {
  const files = logFiles(context.layout, ref);
  return readLogTail(files, logSize(files), Math.min(Math.max(0, maxBytes), LOG_BOUND_BYTES));
}
