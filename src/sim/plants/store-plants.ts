/** Bugs in what is written and told by a store, planted between it and the control plane or the agent. */
import type { Json, JsonObject } from '../../core/kit/json.ts';
import type { Commit, CommitResult, Store, StoreEvent } from '../../ports/store.ts';
import type { SimRandom } from '../sim-random.ts';

const chance = 0.1;

/** Answers as soon as a write is accepted, before it is durable. */
export function answeringEarly(store: Store): Store {
  return committing(store, (wanted) => {
    const made = store.commit(wanted);
    made.catch(() => undefined);
    const conflicts = (wanted.expect ?? [])
      .filter(({ key, modRevision }) => (store.get(key)?.modRevision ?? 0) !== modRevision)
      .map(({ key }) => key);
    // A refusal is told as ever; only acceptance is promised too soon.
    if (conflicts.length > 0) return made;
    return Promise.resolve({ ok: true, revision: store.revision() + 1 });
  });
}

/** Now and then a change of what is ordered keeps the generation it had. */
export function reusingGenerations(store: Store, random: SimRandom): Store {
  return rewriting(store, 'vm/', (row, key) => {
    const before = store.get(key)?.value as JsonObject | undefined;
    const again = before !== undefined && before['uid'] === row['uid'] && random.chance(chance);
    return again ? { ...row, generation: before['generation'] ?? 1 } : row;
  });
}

/** Now and then a task is finished as soon as it has begun. */
export function finishingEarly(store: Store, random: SimRandom): Store {
  return rewriting(store, 'task/', (row) =>
    row['status'] === 'pending' && random.chance(chance) ? { ...row, status: 'success' } : row,
  );
}

/** Keys of requests are not kept. */
export function forgettingKeys(store: Store): Store {
  return committing(store, (wanted) =>
    store.commit({ ...wanted, put: (wanted.put ?? []).filter(({ key }) => !key.startsWith('idem/')) }),
  );
}

/** What a node waits for, it waits for until tomorrow. */
export function waitingForEver(store: Store): Store {
  return rewriting(store, 'obs/', (row) => {
    const instance = row['instance'] as JsonObject;
    const waiting = instance['waiting'] as JsonObject | null;
    if (waiting === null) return row;
    const deadline = Number(waiting['deadline']) + 86_400_000;
    return { ...row, instance: { ...instance, waiting: { ...waiting, deadline } } };
  });
}

/** Now and then a watcher is not told what a node has observed. */
export function tellingLess(store: Store, random: SimRandom): Store {
  return standingIn(store, {
    watch: (prefix, from, listener) =>
      store.watch(prefix, from, (batch) => {
        const isNews = batch.events.every((event) => keyOf(event).startsWith('obs/'));
        if (!isNews || !random.chance(chance)) listener(batch);
      }),
  });
}

const keyOf = (event: StoreEvent): string => (event.type === 'put' ? event.entry.key : event.key);

/** Of a journal: every generation that was seen is said to be realised. */
export function realisingEarly(store: Store): Store {
  return rewriting(store, 'record/', (row) => {
    const record = row['record'] as JsonObject;
    return { ...row, record: { ...record, observedGeneration: record['seenGeneration'] ?? 0 } };
  });
}

/** Of a journal: now and then an assignment is kept as older than it is. */
export function goingBack(store: Store, random: SimRandom): Store {
  return rewriting(store, 'assignment', (row) =>
    random.chance(chance) ? { ...row, revision: Number(row['revision']) - 20 } : row,
  );
}

function rewriting(store: Store, prefix: string, rewrite: (row: JsonObject, key: string) => JsonObject): Store {
  const rewritten = ({ key, value }: { readonly key: string; readonly value: Json }) => ({
    key,
    value: key.startsWith(prefix) ? rewrite(value as JsonObject, key) : value,
  });
  return committing(store, (wanted) => store.commit({ ...wanted, put: (wanted.put ?? []).map(rewritten) }));
}

function committing(store: Store, commit: (wanted: Commit) => Promise<CommitResult>): Store {
  return standingIn(store, { commit });
}

/** The store with some of its members replaced. */
function standingIn(store: Store, members: Partial<Store>): Store {
  return new Proxy(store, {
    get(of, key) {
      const member: unknown = Reflect.get(members, key) ?? Reflect.get(of, key);
      return typeof member === 'function' ? member.bind(of) : member;
    },
  });
}
