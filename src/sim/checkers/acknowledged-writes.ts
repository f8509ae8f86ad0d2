import type { Store } from '../../ports/store.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Checker } from './checker.ts';

/** Acknowledged = durable: what a user was answered is in the store in every later life of the control plane. */
export function createAcknowledgedWrites(): Checker {
  let seen: Store | null = null;
  return {
    name: 'acknowledged-writes',
    afterStep(world) {
      const { store } = world.control;
      if (store === null || store === seen) return null;
      seen = store;
      return missing(world)[0] ?? null;
    },
    atEnd: missing,
  };
}

function missing({ users, control }: SimWorld): readonly string[] {
  return users.acknowledged.flatMap(({ uid, name, generation, what }) => {
    const vm = control.disk.medium.peek(`vm/${name}`)?.value as
      | { readonly uid: string; readonly generation: number }
      | undefined;
    if (vm?.uid === uid && vm.generation >= generation) return [];
    if (control.disk.medium.peek(`gone/${uid}`) !== undefined) return [];
    const is = vm?.uid === uid ? `it is at generation ${vm.generation}` : 'it is not in the store';
    return [`${what} of ${name} was acknowledged at generation ${generation}, but ${is}`];
  });
}
