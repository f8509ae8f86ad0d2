import { rm } from 'node:fs/promises';
import { asIncarnationId, type IncarnationId } from '../../../core/kit/brand.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { isUuid } from '../../../core/kit/uuid.ts';
import type { InstanceRef } from '../../../ports/runtime.ts';
import { clear } from './clear.ts';
import type { QemuContext } from './context.ts';
import { keepLog } from './kept-logs.ts';
import { diskFile, FILES, listDir } from './layout.ts';

/** Removes every file of the instance, disks included; the end of its log is kept. Fault `still_running` while a process of it lives. */
export async function remove(context: QemuContext, ref: InstanceRef, signal: AbortSignal): Promise<void> {
  const dir = context.layout.instance(ref.uid);
  for (const incarnationId of await listIncarnations(dir)) await clear(context, { ...ref, incarnationId }, signal);
  await refuseWhileLocked(context, ref, 'remove');
  await keepLog(context, ref);
  await rm(dir, { recursive: true, force: true });
}

/** Removes data disks of the instance. Fault `still_running` while a process of it lives. */
export async function removeDisks(context: QemuContext, ref: InstanceRef, disks: readonly string[]): Promise<void> {
  await refuseWhileLocked(context, ref, 'remove disks of');
  for (const disk of disks) await rm(context.layout.file(ref.uid, diskFile(disk)), { force: true });
}

async function refuseWhileLocked(context: QemuContext, ref: InstanceRef, what: string): Promise<void> {
  if (!(await context.host.isLocked(context.layout.file(ref.uid, FILES.lock)))) return;
  throw new Fault('still_running', `Cannot ${what} VM "${ref.name}": a process holds its lock`);
}

/** Incarnations that have a directory. */
export async function listIncarnations(dir: string): Promise<readonly IncarnationId[]> {
  return (await listDir(dir)).filter(isUuid).map(asIncarnationId);
}
