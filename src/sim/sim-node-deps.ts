/** What a simulated host is made with, and what a test may put between its agent and the world. */
import type { MemoryImageSources } from '../adapters/images/memory-world.ts';
import type { FakeWorld } from '../adapters/runtime/fake/fake-world.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { Assignment } from '../core/node/assignment.ts';
import type { ControlLink } from '../ports/control-link.ts';
import type { Images } from '../ports/images.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Store } from '../ports/store.ts';
import type { SimNode } from './sim-node.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimTime } from './sim-time.ts';
import type { Trace } from './trace.ts';

export interface SimNodeDeps {
  readonly time: SimTime;
  readonly random: SimRandom;
  readonly trace: Trace;
  readonly sources: MemoryImageSources;
  /** The way to the control plane, as wires go. */
  readonly link: ControlLink;
  /** The process of this node's agent is gone; `silently`: nobody was left to close these sessions' connections. */
  readonly onAgentGone: (gone: { readonly sessions: ReadonlySet<string>; readonly silently: boolean }) => void;
  readonly onAssignment: (node: string, assignment: Assignment) => void;
  readonly onRuntimeCall: (node: SimNode, verb: string, uid: Uid) => void;
  /** The agent ended though nobody ended it. */
  readonly onAgentFailed: (node: string, error: unknown) => void;
  /** What a test plants between agent and world. */
  readonly plant?: NodePlant;
}

export interface NodePlant {
  readonly runtime?: ((runtime: Runtime, world: FakeWorld, random: SimRandom) => Runtime) | undefined;
  readonly journal?: ((store: Store, random: SimRandom) => Store) | undefined;
  readonly images?: ((images: Images, random: SimRandom) => Images) | undefined;
  /** What the node is told, as the checkers hear it. */
  readonly wire?: (link: ControlLink, random: SimRandom) => ControlLink;
  /** What the agent makes of what its node was told. */
  readonly link?: (link: ControlLink, random: SimRandom) => ControlLink;
}
