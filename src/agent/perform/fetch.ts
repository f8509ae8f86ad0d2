import { rootDiskBytes } from '../../core/instance/root-disk-bytes.ts';
import { faultCode } from '../../core/kit/fault.ts';
import type { Fetch } from '../slot.ts';
import { setStage } from '../stage.ts';
import { checkNode } from './check-node.ts';
import { ensureImages } from './ensure-images.ts';
import { logUnforeseen, reasonOfFault } from './fault-reason.ts';
import type { Performing } from './performing.ts';
import { refuseKeptRoot } from './refuse-kept-root.ts';

/**
 * Begins to fetch and check the artefacts of a newer run, and answers at once: the loop goes on with the guest of the older
 * one. What comes of it is evidence for the loop, which is woken. An agent that ends forgets it; the next one begins anew,
 * and finds what is in the cache.
 */
export function performFetch({ ctx, slot, desired, signal }: Performing): void {
  const controller = new AbortController();
  const { run, specHash, generation } = desired;
  const order = { kind: 'fetch' as const, run, specHash, generation };
  const fetch: Fetch = { ...order, controller, stage: null, state: { kind: 'fetching' }, ended: Promise.resolve() };
  slot.fetch = fetch;
  const both = AbortSignal.any([signal, controller.signal]);
  fetch.ended = fetchArtefacts({ ctx, slot, desired, staged: fetch, signal: both })
    .catch((error: unknown) => failedState({ ctx, slot, desired, staged: fetch, signal: both }, error))
    .then((state) => {
      fetch.stage = null;
      if (state !== null) fetch.state = state;
      // Given up: nothing was found out.
      else if (slot.fetch === fetch) slot.fetch = null;
      ctx.wake(slot);
    });
}

async function fetchArtefacts(performing: Performing): Promise<Fetch['state']> {
  const { ctx, slot, desired, signal } = performing;
  setStage(performing, 'start_slot', 'Waiting for a place among the instances being prepared');
  using _place = await ctx.preparing.acquire(signal);
  await checkNode(performing);
  refuseKeptRoot(performing);
  const { artefacts, images, rootIdentity } = await ensureImages(performing);
  // A root disk that is kept has its size already.
  if (artefacts.root !== null && slot.record?.rootMadeFrom !== rootIdentity) {
    rootDiskBytes(desired.spec.diskGib, artefacts.root.virtualSizeBytes);
  }
  return { kind: 'fetched', images };
}

/** Null: it was given up by a newer order, or with the agent; that is no failure. */
function failedState(performing: Performing, error: unknown): Fetch['state'] | null {
  const { ctx, signal } = performing;
  const overdue = signal.aborted && faultCode(signal.reason) === 'operation_deadline_exceeded';
  if (signal.aborted && !overdue) return null;
  const cause = overdue ? signal.reason : error;
  logUnforeseen(performing, cause);
  return { kind: 'failed', reason: reasonOfFault(cause, 'realisation_failed', ctx.deps.clock.now()) };
}
