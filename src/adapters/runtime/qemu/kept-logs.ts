/** Logs of removed instances: one file each, outside of `instances/`, where nothing of a removed one is left. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TimeMs } from '../../../core/kit/brand.ts';
import { isUuid } from '../../../core/kit/uuid.ts';
import type { InstanceRef } from '../../../ports/runtime.ts';
import { logSize, readLogTail } from './console-log.ts';
import { logFiles, type QemuContext } from './context.ts';
import { listDir } from './layout.ts';
import { writeFileDurably } from './write-file.ts';

/** Of each log its end is kept. */
const KEPT_LOG_BYTES = 2 ** 20;
/** The newest stay: a node on which much comes and goes is not filled by what is gone. */
const KEPT_LOGS_MAX = 256;

export const keptLog = (context: QemuContext, ref: Pick<InstanceRef, 'uid'>): string =>
  join(context.keptLogsDir, `${ref.uid}.log`);

/** A log that cannot be kept (a full disk) does not hold up the removal, which makes room. */
export async function keepLog(context: QemuContext, ref: InstanceRef): Promise<void> {
  const files = logFiles(context.layout, ref);
  const tail = readLogTail(files, logSize(files), KEPT_LOG_BYTES);
  if (tail.length === 0) return;
  try {
    await mkdir(context.keptLogsDir, { recursive: true, mode: 0o700 });
    await writeFileDurably(keptLog(context, ref), tail, { mode: 0o600 });
  } catch (error) {
    context.log.warn('the log of a removed instance could not be kept', { uid: ref.uid, message: String(error) });
  }
}

/** Removes the logs of instances that were removed before this time, and the oldest where there are too many. */
export async function dropLogs(context: QemuContext, removedBefore: TimeMs): Promise<void> {
  const kept: { path: string; at: TimeMs }[] = [];
  for (const name of await listKept(context.keptLogsDir)) {
    const path = join(context.keptLogsDir, name);
    kept.push({ path, at: (await stat(path)).mtimeMs });
  }
  kept.sort((a, b) => b.at - a.at);
  const leaving = kept.filter(({ at }, index) => at < removedBefore || index >= KEPT_LOGS_MAX);
  for (const { path } of leaving) await rm(path, { force: true });
}

const listKept = async (dir: string): Promise<readonly string[]> =>
  (await listDir(dir)).filter((name) => isUuid(name.replace(/[.]log([.]new)?$/, '')));
