import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Host } from '../../../ports/host.ts';
import type { IncarnationRef, InstanceRef } from '../../../ports/runtime.ts';
import type { FakeRuntimeTimes } from './create-fake-runtime.ts';
import type { FakeVm } from './fake-vm.ts';
import type { FakeProcess, FakeWorld } from './fake-world.ts';

/** As the real runtime: a look at the monitor waits this long, a call that long. */
export const LOOK_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 5_000;

/** What every verb of the fake runtime works with. */
export interface FakeContext {
  readonly world: FakeWorld;
  readonly host: Host;
  /** The clock that the caller waits by. */
  readonly clock: Clock;
  readonly times: FakeRuntimeTimes;
}

export const dirOf = (ref: Pick<IncarnationRef, 'uid' | 'incarnationId'>): string => `${ref.uid}/${ref.incarnationId}`;
export const lockOf = (ref: Pick<InstanceRef, 'uid'>): string => `${ref.uid}/lock`;

export async function takeTime(context: FakeContext, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms > 0) await context.clock.sleep(ms, signal);
}

/** The live process of an incarnation, by its pid file. */
export function liveProcessOf(context: FakeContext, ref: IncarnationRef): FakeProcess | undefined {
  const proof = context.world.pidFiles.get(dirOf(ref));
  return proof === undefined ? undefined : context.world.liveProcess(proof);
}

export const isSilent = (context: FakeContext, process: FakeProcess, ref: InstanceRef): boolean =>
  process.isHung || context.world.faults.monitorSilent(ref.uid);

/** The guest, as a monitor call reaches it. Faults: `not_running`, `monitor_silent` after 5 s of simulated time. */
export async function callMonitor(context: FakeContext, ref: IncarnationRef, signal: AbortSignal): Promise<FakeVm> {
  signal.throwIfAborted();
  const process = liveProcessOf(context, ref);
  if (process?.vm === undefined) throw new Fault('not_running', `VM "${ref.name}" has no running process`);
  if (isSilent(context, process, ref)) {
    await context.clock.sleep(CALL_TIMEOUT_MS, signal);
    throw new Fault('monitor_silent', `Monitor did not answer within ${CALL_TIMEOUT_MS} ms`);
  }
  return process.vm;
}
