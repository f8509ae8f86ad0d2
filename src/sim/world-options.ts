import type { AgentConfig } from '../agent/agent-config.ts';
import type { Store } from '../ports/store.ts';
import type { NodePlant } from './sim-node-deps.ts';
import type { SimRandom } from './sim-random.ts';

/** What a test puts between product and world, to see that it is found. */
export interface Plants {
  readonly node?: NodePlant;
  readonly store?: (store: Store, random: SimRandom) => Store;
}

export interface WorldOptions {
  readonly nodes?: number;
  readonly agent?: Partial<AgentConfig>;
  readonly plants?: Plants;
  readonly onLine?: (line: string) => void;
}
