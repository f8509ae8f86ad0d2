/** A scenario told as a story: everything is up when it begins, and every checker has its last word when it ends. */
import type { SimWorld } from '../sim-world.ts';
import type { Scenario } from './scenario.ts';
import { StoryVm } from './story-vm.ts';

/** After its last word the dust settles this long. */
const restMs = 60_000;

/** `vm` gives a VM of the story by its name, whether it is made yet or not. */
type Tell = (world: SimWorld, vm: (name: string) => StoryVm) => Promise<void>;

export function story(
  name: string,
  about: string,
  tell: Tell,
  options: Pick<Scenario, 'nodes' | 'agent'> = {},
): Scenario {
  return {
    name,
    about,
    ...options,
    async run(world) {
      await world.boot();
      const vms = new Map<string, StoryVm>();
      await tell(world, (called) => {
        const vm = vms.get(called) ?? new StoryVm(world, called);
        vms.set(called, vm);
        return vm;
      });
      await world.advance(restMs);
      world.checkEnd();
    },
  };
}
