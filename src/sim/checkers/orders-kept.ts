import type { StoreEntry } from '../../ports/store.ts';
import type { SimNode } from '../sim-node.ts';
import type { Checker } from './checker.ts';

/**
 * What a node has acknowledged it keeps: it never runs an older run than the one it acknowledged, never revives what its user
 * stopped (F5), and its journaled assignment never goes back.
 */
export function createOrdersKept(): Checker {
  const assignments = new Map<SimNode, { readonly medium: object; readonly entry: StoreEntry }>();
  return {
    name: 'orders-kept',
    afterStep(world) {
      for (const { node, process, vm } of world.executing()) {
        if (node.excused.has(process.pid)) continue;
        const record = node.recordOf(vm.ref.uid);
        const order = world.history.orderOf(vm.ref.uid, record?.observedGeneration ?? 0);
        if (record === null || order === undefined || record.incarnation === null) continue;
        const { run } = record.incarnation;
        // S26: a `start` after a stop that failed adds no run; what was kept may have died meanwhile and is made again.
        const newest = world.history.orderOf(vm.ref.uid, record.seenGeneration);
        if (newest?.phase === 'running' && newest.run === run) continue;
        const said = `${vm.ref.name} executes run ${run} on ${node.name}, which acknowledged generation ${order.generation}`;
        if (order.phase !== 'running' && run <= order.run) return `${said}: ${order.phase} after run ${order.run}`;
        if (order.phase === 'running' && run < order.run) return `${said}: run ${order.run}`;
      }
      return wentBack(world.nodes, assignments);
    },
  };
}

function wentBack(
  nodes: readonly SimNode[],
  assignments: Map<SimNode, { readonly medium: object; readonly entry: StoreEntry }>,
): string | null {
  for (const node of nodes) {
    const { medium } = node.disk;
    const entry = medium.peek('assignment');
    const before = assignments.get(node);
    if (entry === undefined || before?.entry === entry) continue;
    assignments.set(node, { medium, entry });
    if (before === undefined || before.medium !== medium) continue;
    const [then, now] = [revisionOf(before.entry), revisionOf(entry)];
    // Another cluster counts by itself; whose the node is, its operator says.
    if (now.clusterId !== then.clusterId) continue;
    if (now.epoch > then.epoch || (now.epoch === then.epoch && now.revision >= then.revision)) continue;
    return `the assignment of ${node.name} went from ${JSON.stringify(then)} back to ${JSON.stringify(now)}`;
  }
  return null;
}

interface Taken {
  readonly clusterId: string;
  readonly epoch: number;
  readonly revision: number;
}

function revisionOf(entry: StoreEntry): Taken {
  const { clusterId, epoch, revision } = entry.value as unknown as Taken;
  return { clusterId, epoch, revision };
}
