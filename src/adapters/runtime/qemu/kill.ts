import type { ProcessProof } from '../../../core/instance/process.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { pause } from '../../../ports/pause.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import type { QemuContext } from './context.ts';
import { cgroupName } from './layout.ts';

/** QEMU ends within 20 ms of SIGTERM and leaves its disks flushed; one that does not is not waited for. */
const TERM_GRACE_MS = 500;
/** A process that survives SIGKILL so long hangs in the kernel; the next pass tries again. */
const KILL_TIMEOUT_MS = 10_000;

/**
 * Ends the process by its proof; resolves on proof of death. SIGTERM first: QEMU then writes back what it holds of its
 * disks. A stopped or hung process does not hear it and gets SIGKILL.
 */
export async function kill(
  context: QemuContext,
  ref: IncarnationRef,
  proof: ProcessProof,
  signal: AbortSignal,
): Promise<void> {
  const { host, clock } = context;
  const cgroup = cgroupName(ref);
  const endsWithin = async (ms: number): Promise<boolean> => {
    const exited = new AbortController();
    const watch = host.watchExit(proof, cgroup, () => exited.abort());
    await pause(clock, ms, AbortSignal.any([signal, exited.signal]));
    watch.close();
    return (await host.proveProcess(proof)).life === 'dead';
  };
  if ((await host.proveProcess(proof)).life !== 'dead') {
    await host.killProcess(proof, 'SIGTERM');
    if (!(await endsWithin(TERM_GRACE_MS))) {
      signal.throwIfAborted();
      await host.killProcess(proof, 'SIGKILL');
      if (!(await endsWithin(KILL_TIMEOUT_MS))) {
        signal.throwIfAborted();
        throw new Fault(
          'deadline_exceeded',
          `Cannot end VM "${ref.name}": its process did not end within ${KILL_TIMEOUT_MS} ms`,
        );
      }
    }
  }
  context.sessions.close(ref.incarnationId);
}
