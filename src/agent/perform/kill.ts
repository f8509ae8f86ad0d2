import { killTimeoutMs } from '../agent-config.ts';
import { type Performing, provenTarget } from './performing.ts';

/** Ends the proven process. What its end means follows from the record; the next look draws the conclusion. */
export async function performKill(performing: Performing): Promise<void> {
  const { ctx, signal } = performing;
  const { runtime, ref, proof } = provenTarget(performing);
  await runtime.kill(ref, proof, ctx.deps.clock.timeout(killTimeoutMs, signal));
}
