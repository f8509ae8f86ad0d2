import type { ProcessProof } from '../../core/instance/process.ts';
import { killTimeoutMs } from '../agent-config.ts';
import { allRuntimes } from '../agent-context.ts';
import type { Performing } from './performing.ts';

/** Ends a process of this instance that no record speaks of: it was never let go, or nothing of the instance is to run. */
export async function performKillStray({ ctx, slot, signal }: Performing, process: ProcessProof): Promise<void> {
  const found = slot.found;
  if (found === null) return;
  const limit = ctx.deps.clock.timeout(killTimeoutMs, signal);
  for (const runtime of allRuntimes(ctx)) {
    const mine = (await runtime.scan(limit)).find(
      ({ uid, proof }) => uid === slot.uid && proof?.pid === process.pid && proof.startTime === process.startTime,
    );
    if (mine?.incarnationId == null) continue;
    const ref = { uid: slot.uid, name: slot.record?.name ?? slot.uid, incarnationId: mine.incarnationId };
    await runtime.kill(ref, process, limit);
    await runtime.clear(ref, limit);
  }
  slot.found = null;
}
