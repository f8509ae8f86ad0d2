import type { ProcessProof } from '../../../core/instance/process.ts';
import type { IncarnationRef, WatchListeners } from '../../../ports/runtime.ts';
import type { QemuContext } from './context.ts';
import { cgroupName } from './layout.ts';

/**
 * Wakes on exit of the process, on events of the monitor, and when the monitor's connection ends, whichever comes
 * first.
 */
export function watch(
  context: QemuContext,
  ref: IncarnationRef,
  proof: ProcessProof,
  on: WatchListeners,
): { close(): void } {
  const exit = context.host.watchExit(proof, cgroupName(ref), on.change);
  const { monitor } = context.sessions.open(ref);
  const stopListening = [monitor.onChange(on.change), monitor.onReboot(on.reboot)];
  return {
    close() {
      exit.close();
      for (const stop of stopListening) stop();
    },
  };
}
