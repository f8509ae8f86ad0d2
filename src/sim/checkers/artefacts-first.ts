import type { InstanceRecord } from '../../core/instance/record.ts';
import type { Order } from '../history-order.ts';
import type { RecordChange } from '../journal-rows.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Checker } from './checker.ts';

/**
 * A guest that executes is not stopped for a newer run whose artefacts are not in the cache of its node (ADR 14). It is looked
 * at the moment it is condemned.
 */
export function createArtefactsFirst(): Checker {
  /** The generation seen before the newest: the order that a decision was about, when another arrived in the same moment. */
  const seenBefore = new Map<string, number>();
  return {
    name: 'artefacts-first',
    afterStep(world) {
      for (const change of world.recorded()) {
        const key = `${change.node.name} ${change.after.uid}`;
        if (isCondemned(change)) {
          const lacking = whatLacks(world, change, seenBefore.get(key));
          if (lacking !== null) {
            return `${change.after.name} on ${change.node.name} is stopped for a newer run, ${lacking}`;
          }
        }
        const before = change.before?.seenGeneration;
        if (before !== undefined && before < change.after.seenGeneration) seenBefore.set(key, before);
      }
      return null;
    },
  };
}

/** One that cannot execute any more is killed, not asked. */
function isCondemned({ before, after }: RecordChange): boolean {
  const [was, is] = [before?.incarnation?.state, after.incarnation?.state];
  if (is?.kind !== 'stopping' || was?.kind === 'stopping') return false;
  return is.because === 'run_superseded' && is.mode === 'graceful';
}

function whatLacks(world: SimWorld, { node, after }: RecordChange, seenBefore: number | undefined): string | null {
  const generations = [after.seenGeneration, ...(seenBefore === undefined ? [] : [seenBefore])];
  const orders = generations.flatMap((generation) => world.history.orderOf(after.uid, generation) ?? []);
  const newer = orders.filter(({ phase, run }) => phase === 'running' && run > (after.incarnation?.run ?? 0));
  const lacking = newer.map((order) => lackingUrl(order, after, (sha256) => node.hadImage(sha256)));
  // Of what nobody knows (an order that a restored store lost) nothing can be said.
  if (lacking.length === 0 || lacking.includes(null)) return null;
  return `of which ${lacking[0]} was not fetched`;
}

/** The first URL of the order that is not in the cache; null = all are. */
function lackingUrl({ spec }: Order, { images }: InstanceRecord, isThere: (sha256: string) => boolean): string | null {
  const wanted: readonly (readonly [string | null, string | null])[] = [
    [spec.kernel, spec.kernelSha256],
    [spec.initrd, spec.initrdSha256],
    [spec.imageUrl, spec.imageSha256],
  ];
  for (const [url, stated] of wanted) {
    if (url === null) continue;
    const sha256 = stated ?? images[url]?.sha256;
    if (sha256 === undefined || !isThere(sha256)) return url;
  }
  return null;
}
