import type { SimWorld } from '../sim-world.ts';
import type { WorldOptions } from '../world-options.ts';

/** A story: what users do and what befalls the world. It moves time itself. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Nodes of the world, by its seed; one where nothing is said. */
  nodes?(seed: number): number;
  readonly agent?: WorldOptions['agent'];
  run(world: SimWorld, hours: number): Promise<void>;
}
