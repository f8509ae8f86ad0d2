/**
 * Three bugs, planted from outside between the product and its ports, to see that the checkers find them. The product holds none
 * of them; a scenario that runs without plants never comes here.
 */
import type { FakeWorld } from '../adapters/runtime/fake/fake-world.ts';
import { asIncarnationId } from '../core/kit/brand.ts';
import type { Assignment } from '../core/node/assignment.ts';
import type { ControlLink } from '../ports/control-link.ts';
import type { IncarnationRef, Runtime } from '../ports/runtime.ts';
import type { Commit, CommitResult, Store } from '../ports/store.ts';
import type { SimRandom } from './sim-random.ts';
import type { Plants } from './sim-world.ts';

export type PlantName = 'double-start' | 'lost-write' | 'revived-after-stop';

/** How often a planted bug shows itself where it could: as rare as real ones are. */
const doubleStartChance = 0.05;
const revivalChance = 0.1;

/** Each plant with the checkers that may be the first to see it. */
export const plants: Readonly<Record<PlantName, { readonly plants: Plants; readonly foundBy: readonly string[] }>> = {
  'double-start': {
    plants: { node: (random) => ({ runtime: (runtime, world) => startingTwice(runtime, world, random) }) },
    foundBy: ['one-execution'],
  },
  'lost-write': { plants: { store: answeringEarly }, foundBy: ['acknowledged-writes', 'careful-user'] },
  'revived-after-stop': {
    plants: { node: (random) => ({ link: (link) => forgettingStops(link, random) }) },
    foundBy: ['orders-kept'],
  },
};

/** Now and then a second process is started beside the first, the instance's lock notwithstanding. */
function startingTwice(runtime: Runtime, world: FakeWorld, random: SimRandom): Runtime {
  const twins = new Map<string, IncarnationRef>();
  return {
    ...runtime,
    async spawn(request, signal) {
      const proof = await runtime.spawn(request, signal);
      if (!random.chance(doubleStartChance)) return proof;
      const { lockHolder } = world;
      world.lockHolder = () => undefined;
      // Nobody is told of it: that is the bug.
      const { onProcess: _told, ...known } = request;
      const twin = { ...known, incarnationId: asIncarnationId(random.uuid()) };
      await runtime.spawn(twin, signal).then(
        () => twins.set(request.uid, twin),
        () => undefined,
      );
      world.lockHolder = lockHolder;
      return proof;
    },
    async resume(ref, signal) {
      await runtime.resume(ref, signal);
      const twin = twins.get(ref.uid);
      twins.delete(ref.uid);
      if (twin !== undefined) await runtime.resume(twin, signal);
    },
  };
}

/** Answers as soon as a write is accepted, before it is durable. */
function answeringEarly(store: Store): Store {
  const commit = (wanted: Commit): Promise<CommitResult> => {
    const made = store.commit(wanted);
    made.catch(() => undefined);
    const conflicts = (wanted.expect ?? [])
      .filter(({ key, modRevision }) => (store.get(key)?.modRevision ?? 0) !== modRevision)
      .map(({ key }) => key);
    // A refusal is told as ever; only acceptance is promised too soon.
    if (conflicts.length > 0) return made;
    return Promise.resolve({ ok: true, revision: store.revision() + 1 });
  };
  return new Proxy(store, {
    get(of, key) {
      if (key === 'commit') return commit;
      const member: unknown = Reflect.get(of, key);
      return typeof member === 'function' ? member.bind(of) : member;
    },
  });
}

/** Now and then tells the agent that what its user stopped shall run. */
function forgettingStops(link: ControlLink, random: SimRandom): ControlLink {
  const revive = (assignment: Assignment): Assignment => ({
    ...assignment,
    instances: assignment.instances.map((instance) =>
      instance.desiredPhase === 'stopped' && random.chance(revivalChance)
        ? { ...instance, desiredPhase: 'running' }
        : instance,
    ),
  });
  return {
    async connect(hello, node, signal) {
      const session = await link.connect(hello, node, signal);
      const { getAssignment } = session;
      return { ...session, getAssignment: async (seen, stop) => revive(await getAssignment(seen, stop)) };
    },
  };
}
