import type { SimWorld, WorldOptions } from '../sim-world.ts';

/** A story: what users do and what befalls the world. It moves time itself. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly world?: Pick<WorldOptions, 'nodes' | 'agent'>;
  run(world: SimWorld, hours: number): Promise<void>;
}
