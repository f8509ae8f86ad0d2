import { recordPowerDownAsked } from '../../core/instance/record-incarnation.ts';
import { monitorTimeoutMs } from '../agent-config.ts';
import { changeRecord } from '../change-record.ts';
import { type Performing, provenTarget } from './performing.ts';

/**
 * Presses the power button of a condemned guest. After a crash it may be pressed twice; a guest takes that as once. One that cannot
 * be pressed counts as pressed: the guest's grace ends all the same.
 */
export async function performPowerDown(performing: Performing): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  const { runtime, ref } = provenTarget(performing);
  try {
    await runtime.powerDown(ref, ctx.deps.clock.timeout(monitorTimeoutMs, signal));
  } finally {
    await changeRecord(ctx, slot, (record) => recordPowerDownAsked(record, desired, ctx.deps.clock.now()));
  }
}
