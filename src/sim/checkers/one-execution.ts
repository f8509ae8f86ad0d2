import type { Uid } from '../../core/kit/brand.ts';
import type { Checker } from './checker.ts';

/** Spec §1: at most one incarnation of an instance executes guest code at any instant, in the whole cluster. */
export const oneExecution: Checker = {
  name: 'one-execution',
  afterStep(world) {
    const seen = new Map<Uid, string>();
    for (const { node, process, vm } of world.executing()) {
      const where = `process ${process.pid} on ${node.name}`;
      const before = seen.get(vm.ref.uid);
      if (before !== undefined) return `two guests of ${vm.ref.name} execute: ${before} and ${where}`;
      seen.set(vm.ref.uid, where);
    }
    return null;
  },
};
