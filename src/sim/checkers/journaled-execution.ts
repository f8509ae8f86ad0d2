import { isLive, proofOf } from '../../core/instance/incarnation.ts';
import type { Checker } from './checker.ts';

/** Spec F4: no guest ever executes without a durable record of its process. */
export const journaledExecution: Checker = {
  name: 'journaled-execution',
  afterStep(world) {
    for (const { node, process, vm } of world.executing()) {
      if (node.excused.has(process.pid)) continue;
      const { name, uid, incarnationId } = vm.ref;
      const incarnation = node.recordOf(uid)?.incarnation ?? null;
      if (incarnation === null || incarnation.id !== incarnationId) {
        return `a guest of ${name} executes on ${node.name}, the journal knows nothing of its incarnation`;
      }
      if (!isLive(incarnation.state)) {
        return `a guest of ${name} executes on ${node.name}, the journal calls its incarnation ${incarnation.state.kind}`;
      }
      if (proofOf(incarnation.state)?.pid !== process.pid) {
        return `a guest of ${name} executes on ${node.name}, its process was never journaled`;
      }
    }
    return null;
  },
};
