import type { IncarnationRef } from '../../../ports/runtime.ts';
import { liveSession, type QemuContext } from './context.ts';

/**
 * Stops the guest's processors; memory and devices stay as they are. Faults: `not_running`, `monitor_failed`,
 * `monitor_silent`.
 */
export async function pause(context: QemuContext, ref: IncarnationRef, signal: AbortSignal): Promise<void> {
  const session = await liveSession(context, ref);
  await session.monitor.call('stop', {}, signal);
}
