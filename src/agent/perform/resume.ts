import { recordGuestState } from '../../core/instance/record-incarnation.ts';
import { monitorTimeoutMs } from '../agent-config.ts';
import { changeRecord } from '../change-record.ts';
import { type Performing, provenTarget } from './performing.ts';
import { performPowerDown } from './power-down.ts';

/** Lets a frozen guest go or a paused one run on. A condemned one stays condemned: it runs only to power off, and is asked to. */
export async function performResume(performing: Performing): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  const { runtime, ref, incarnation } = provenTarget(performing);
  const letRun = () => runtime.resume(ref, ctx.deps.clock.timeout(monitorTimeoutMs, signal));
  if (incarnation.state.kind === 'stopping') return await letRun().finally(() => performPowerDown(performing));
  await letRun();
  const now = ctx.deps.clock.now();
  await changeRecord(ctx, slot, (record) => recordGuestState(record, desired, 'running', now));
}
