import type { Uid } from '../../core/kit/brand.ts';
import type { Checker } from './checker.ts';

/** Spec S2b: a VM is gone only once nothing of it is left; the name of one that was forgotten is free before that. */
export function createRemovals(): Checker {
  const judged = new Set<Uid>();
  let revision = -1;
  return {
    name: 'removals',
    afterStep({ history, nodes }) {
      if (history.revision === revision) return null;
      revision = history.revision;
      for (const { uid, gone } of history.vms.values()) {
        if (gone === null || gone.forgotten || judged.has(uid)) continue;
        judged.add(uid);
        const left = nodes.find(({ world }) => world.vmProcesses(uid).length > 0 || world.instances.has(uid));
        if (left !== undefined) return `${gone.record.name} is gone, and something of it is left on ${left.name}`;
      }
      return null;
    },
  };
}
