import type { ProcessProof } from '../../../core/instance/process.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
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
  onChange: () => void,
): { close(): void } {
  const exit = context.host.watchExit(proof, cgroupName(ref), onChange);
  const stopListening = context.sessions.open(ref).monitor.onChange(onChange);
  return {
    close() {
      exit.close();
      stopListening();
    },
  };
}
