import { allRuntimes } from '../agent-context.ts';
import { dropRecord } from '../change-record.ts';
import type { Performing } from './performing.ts';

/** Clears away everything of an instance: files, pins, and last the journal row, so that a crash in between repeats it. */
export async function performRemove({ ctx, slot, desired, signal }: Performing): Promise<void> {
  const ref = { uid: slot.uid, name: desired.name };
  const last = slot.record?.incarnation ?? null;
  for (const runtime of allRuntimes(ctx)) {
    if (last !== null) await runtime.clear({ ...ref, incarnationId: last.id }, signal);
    await runtime.remove(ref, signal);
  }
  await ctx.deps.images.unpin(slot.uid, []);
  await dropRecord(ctx, slot);
  slot.found = null;
}
