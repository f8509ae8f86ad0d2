import { Fault } from '../../../core/kit/fault.ts';
import type { IncarnationRef, InstanceRef } from '../../../ports/runtime.ts';
import { dirOf, type FakeContext, liveProcessOf, lockOf } from './fake-context.ts';

/** Removes what an ended incarnation left. Fault `still_running`. */
export async function clearFake(context: FakeContext, ref: IncarnationRef, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (liveProcessOf(context, ref) !== undefined) {
    throw new Fault('still_running', `Cannot clear an incarnation of VM "${ref.name}": its process lives`);
  }
  context.world.pidFiles.delete(dirOf(ref));
  context.world.instances.get(ref.uid)?.incarnations.delete(ref.incarnationId);
}

/** Removes every file of the instance but its log. Fault `still_running`. */
export async function removeFake(context: FakeContext, ref: InstanceRef, signal: AbortSignal): Promise<void> {
  const incarnations = [...(context.world.instances.get(ref.uid)?.incarnations ?? [])];
  for (const incarnationId of incarnations) await clearFake(context, { ...ref, incarnationId }, signal);
  await refuseWhileLocked(context, ref);
  const text = context.world.instances.get(ref.uid)?.log ?? '';
  if (text !== '') context.world.keptLogs.set(ref.uid, { text, at: context.clock.now() });
  context.world.instances.delete(ref.uid);
}

/** Removes data disks of the instance. Fault `still_running`. */
export async function removeFakeDisks(
  context: FakeContext,
  ref: InstanceRef,
  disks: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await refuseWhileLocked(context, ref);
  for (const disk of disks) context.world.instances.get(ref.uid)?.diskGib.delete(disk);
}

async function refuseWhileLocked(context: FakeContext, ref: InstanceRef): Promise<void> {
  if (!(await context.host.isLocked(lockOf(ref)))) return;
  throw new Fault('still_running', `Cannot remove anything of VM "${ref.name}": a process holds its lock`);
}
