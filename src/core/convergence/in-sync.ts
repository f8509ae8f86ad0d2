/** In sync, stale, and the share of what is in sync: what `converged`, `vm wait` and `status` count (spec S2b). */
import type { Drift } from './drift.ts';
import { currentObservation, type VmView } from './vm-view.ts';

/** S2b: exactly this is condition `converged`, what `vm wait` waits for, and the numerator of convergence. */
export function isInSync(view: VmView, drift: readonly Drift[]): boolean {
  const observed = currentObservation(view)?.instance ?? null;
  return (
    view.removedAt === null &&
    observed !== null &&
    observed.observedGeneration >= view.record.generation &&
    drift.length === 0 &&
    !isStale(view)
  );
}

/** What is known is older than the lease of its node. */
export function isStale(view: VmView): boolean {
  return view.placement?.kind === 'placed' && view.node?.health !== 'ready';
}

/** Share of what should be so and is, in percent, rounded down; nothing to do is 100 % (spec §1). */
export function convergencePercent(inSync: number, total: number): number {
  return total === 0 ? 100 : Math.floor((100 * inSync) / total);
}
