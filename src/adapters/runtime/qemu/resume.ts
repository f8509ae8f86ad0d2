import type { IncarnationRef } from '../../../ports/runtime.ts';
import { liveSession, type QemuContext } from './context.ts';

/** Lets the guest execute, also for the first time. Faults: `not_running`, `monitor_failed`, `monitor_silent`. */
export async function resume(context: QemuContext, ref: IncarnationRef, signal: AbortSignal): Promise<void> {
  const session = await liveSession(context, ref);
  await session.monitor.call('cont', {}, signal);
}
