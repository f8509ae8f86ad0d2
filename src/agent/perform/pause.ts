import { recordGuestState } from '../../core/instance/record-incarnation.ts';
import { monitorTimeoutMs } from '../agent-config.ts';
import { changeRecord } from '../change-record.ts';
import { type Performing, provenTarget } from './performing.ts';

/** Pauses the guest as desired. */
export async function performPause(performing: Performing): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  const { runtime, ref } = provenTarget(performing);
  await runtime.pause(ref, ctx.deps.clock.timeout(monitorTimeoutMs, signal));
  const now = ctx.deps.clock.now();
  await changeRecord(ctx, slot, (record) => recordGuestState(record, desired, 'paused', now));
}
