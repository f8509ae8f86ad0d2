import type { IncarnationRef } from '../../../ports/runtime.ts';
import { liveSession, type QemuContext } from './context.ts';

/**
 * Presses the reset button; a guest that runs goes on running. Faults: `not_running`, `monitor_failed`,
 * `monitor_silent`.
 */
export async function reset(context: QemuContext, ref: IncarnationRef, signal: AbortSignal): Promise<void> {
  const session = await liveSession(context, ref);
  await session.monitor.reset(signal);
}
