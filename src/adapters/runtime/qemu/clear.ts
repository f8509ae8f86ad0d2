import { rm } from 'node:fs/promises';
import { Fault } from '../../../core/kit/fault.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import type { QemuContext } from './context.ts';
import { cgroupName } from './layout.ts';

/** Removes what an ended incarnation left: its directory and cgroup. Fault `still_running` while its process lives. */
export async function clear(context: QemuContext, ref: IncarnationRef, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const dir = context.layout.incarnation(ref);
  if ((await context.host.findProcess(dir)).kind === 'found') {
    throw new Fault('still_running', `Cannot clear an incarnation of VM "${ref.name}": its process lives`);
  }
  context.sessions.close(ref.incarnationId);
  await rm(dir, { recursive: true, force: true });
  await context.host.removeCgroup(cgroupName(ref));
}
