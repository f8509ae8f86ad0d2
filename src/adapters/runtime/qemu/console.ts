import type { ConsoleAttachment, IncarnationRef } from '../../../ports/runtime.ts';
import type { OnData } from '../console-viewer.ts';
import { liveSession, type QemuContext } from './context.ts';

/** Opens a viewer: history first, then live output. Faults: `not_running`, `too_many_viewers`, `monitor_failed`. */
export async function attachConsole(
  context: QemuContext,
  ref: IncarnationRef,
  scrollbackBytes: number,
  onData: OnData,
  onClose: () => void,
): Promise<ConsoleAttachment> {
  const session = await liveSession(context, ref);
  return session.console.attach(scrollbackBytes, onData, onClose);
}
