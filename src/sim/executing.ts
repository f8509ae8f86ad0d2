import type { FakeProcess } from '../adapters/runtime/fake/fake-world.ts';
import type { SimNode } from './sim-node.ts';

/** A guest that executes now. */
export interface Executing {
  readonly node: SimNode;
  readonly process: FakeProcess;
  readonly vm: NonNullable<FakeProcess['vm']>;
}

/** Every guest of these hosts that executes at this moment. */
export function executingOn(nodes: readonly SimNode[]): readonly Executing[] {
  const found: Executing[] = [];
  for (const node of nodes) {
    for (const process of node.processes) {
      const { vm } = process;
      if (vm?.state() === 'running') found.push({ node, process, vm });
    }
  }
  return found;
}
