import type { IncarnationRef } from '../../../ports/runtime.ts';
import { liveSession, type QemuContext } from './context.ts';

/** Presses the ACPI power button and returns; whether the guest listens is seen by `observe`. Faults as `resume`. */
export async function powerDown(context: QemuContext, ref: IncarnationRef, signal: AbortSignal): Promise<void> {
  const session = await liveSession(context, ref);
  await session.monitor.call('system_powerdown', {}, signal);
}
