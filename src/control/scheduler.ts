/**
 * The scheduler loop: every VM that is on no node is placed, or `pending` with a code that says why. The only writer of
 * `placement/` besides the end of a VM and the catch-up after a restore. Deleted VMs that no node has go at once.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { Json } from '../core/kit/json.ts';
import { type Dependency, decideDependencies } from '../core/placement/decide-dependencies.ts';
import {
  decidePlacement,
  hostPortKeys,
  type PlacementDecision,
  type PlacementNode,
} from '../core/placement/decide-placement.ts';
import type { Placement } from '../core/placement/placement.ts';
import type { StoreEvent } from '../ports/store.ts';
import { type ControlDeps, loopBatchRows } from './control-config.ts';
import { newEvent, systemPrincipal } from './new-event.ts';
import type { ReadModel } from './read-model.ts';
import { finishRemoval } from './removal.ts';
import {
  type NodeRow,
  nodePrefix,
  observationPrefix,
  placementKey,
  placementPrefix,
  put,
  readRow,
  rowOf,
  vmKey,
  vmPrefix,
} from './rows.ts';
import { startWakeLoop, type WakeLoop } from './wake-loop.ts';

/** `pending` for this long is worth an event (spec F1). */
export const pendingEventAfterMs = 600_000;

type Deps = ControlDeps & { readonly model: ReadModel };

/** What the next look has to judge: VMs that changed, or all of them when a node did. */
interface Dirty {
  all: boolean;
  readonly uids: Set<Uid>;
}

export function startScheduler(deps: Deps): WakeLoop & { close(): void } {
  const { store, clock, model } = deps;
  const told = new Set<Uid>();
  const dirty: Dirty = { all: true, uids: new Set() };
  let pendingDue: number | null = null;
  const loop = startWakeLoop(deps, 'the scheduler', async () => {
    const all = dirty.all || (pendingDue !== null && pendingDue <= clock.now());
    const uids = all ? [...model.index.unplaced()] : [...dirty.uids];
    dirty.all = false;
    dirty.uids.clear();
    const dueAt = await schedule(deps, uids, told);
    pendingDue = all || pendingDue === null ? dueAt : Math.min(pendingDue, dueAt ?? pendingDue);
    return pendingDue;
  });
  const watch = store.watch('', store.revision(), ({ events }) => {
    let woken = false;
    for (const event of events) {
      const own = markDirty(event, dirty);
      woken = markDependents(event, model, dirty) || own || woken;
    }
    if (woken) loop.wake();
  });
  return {
    ...loop,
    close() {
      if (watch.kind === 'watching') watch.close();
    },
  };
}

/** A VM that is new or changed, or lost its place; a node whose health or labels may let something in. */
function markDirty(event: StoreEvent, dirty: Dirty): boolean {
  const key = event.type === 'put' ? event.entry.key : event.key;
  if (key.startsWith(nodePrefix)) dirty.all = true;
  else if (key.startsWith(vmPrefix) && event.type === 'put') dirty.uids.add(rowOf<VmRecord>(event.entry).value.uid);
  // A VM that went may have held the host port that another one waits for.
  else if (key.startsWith(placementPrefix) && event.type === 'delete') dirty.all = true;
  else return false;
  return true;
}

/** A VM whose reading may have changed: those that wait for it are looked at again. */
function markDependents(event: StoreEvent, { index }: ReadModel, dirty: Dirty): boolean {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const prefix = [observationPrefix, placementPrefix, vmPrefix].find((known) => key.startsWith(known));
  if (prefix === undefined) return false;
  const word = key.slice(prefix.length);
  const waiting = index.dependentsOf(prefix === vmPrefix ? word : (index.nameOf(word) ?? ''));
  for (const uid of waiting.size === 0 ? [] : index.unplaced()) {
    if (waiting.has(index.nameOf(uid) ?? '')) dirty.uids.add(uid);
  }
  return waiting.size > 0;
}

/**
 * One look at some VMs; those that are placed are passed over. Returns when the next pending one is due for its event.
 */
async function schedule(deps: Deps, uids: readonly Uid[], told: Set<Uid>): Promise<number | null> {
  const { store, model, clock } = deps;
  const unplaced = uids.filter((uid) => model.index.unplaced().has(uid));
  if (unplaced.length === 0) return null;
  const nodes = nodesNow(deps);
  const taken = new Set<string>();
  const added = new Map<string, number>();
  let batch: PlacementRow[] = [];
  let nextAt: number | null = null;
  for (const uid of unplaced) {
    const name = model.index.nameOf(uid);
    const vm = name === undefined ? undefined : readRow<VmRecord>(store, vmKey(name));
    if (vm === undefined || vm.value.uid !== uid) continue;
    const existing = readRow<Placement>(store, placementKey(uid));
    if (existing?.value.kind === 'placed') continue;
    if (vm.value.desiredPhase === 'deleted') {
      await finishRemoval(deps, uid, systemPrincipal);
      told.delete(uid);
      continue;
    }
    const waits = decideDependencies(vm.value.spec.dependsOn.map((on) => dependencyOf(model, on)));
    const decision = waits ?? decidePlacement(vm.value.spec, nodesWithout(nodes, taken, added));
    if (decision.kind === 'place') {
      told.delete(uid);
      added.set(decision.node, (added.get(decision.node) ?? 0) + 1);
      for (const port of hostPortKeys(vm.value.spec.nics)) taken.add(`${decision.node}/${port}`);
    }
    const next = nextPlacement(uid, existing?.value ?? null, decision, clock.now());
    if (next !== null) batch.push({ uid, modRevision: existing?.modRevision ?? 0, placement: next });
    const dueAt = pendingDueAt(next ?? existing?.value ?? null, told);
    if (dueAt !== null && dueAt <= clock.now()) await tellPending(deps, vm.value, told);
    else if (dueAt !== null) nextAt = Math.min(nextAt ?? dueAt, dueAt);
    if (batch.length >= loopBatchRows) {
      await commitPlacements(deps, batch);
      batch = [];
    }
  }
  if (batch.length > 0) await commitPlacements(deps, batch);
  return nextAt;
}

function dependencyOf(model: ReadModel, name: string): Dependency {
  const vm = model.get(name);
  if (vm === undefined) return { name, phase: null, code: null };
  return { name, phase: vm.phase, code: vm.reading.reason?.code ?? null };
}

interface PlacementRow {
  readonly uid: Uid;
  readonly modRevision: number;
  readonly placement: Placement;
}

/** A lost compare-and-set is no matter: what won wakes the loop again. */
async function commitPlacements({ store }: ControlDeps, batch: readonly PlacementRow[]): Promise<void> {
  const rows: { key: string; value: Json }[] = batch.map(({ uid, placement }) => put(placementKey(uid), placement));
  const expect = batch.map(({ uid, modRevision }) => ({ key: placementKey(uid), modRevision }));
  const all = await store.commit({ expect, put: rows });
  if (all.ok || batch.length === 1) return;
  for (const [at, row] of rows.entries()) await store.commit({ expect: expect.slice(at, at + 1), put: [row] });
}

function nextPlacement(
  uid: Uid,
  existing: Placement | null,
  decision: PlacementDecision,
  now: number,
): Placement | null {
  const number = existing?.number ?? 0;
  if (decision.kind === 'place') return { kind: 'placed', uid, node: decision.node, number: number + 1, since: now };
  const { code, message } = decision;
  if (existing?.kind === 'pending' && existing.code === code && existing.message === message) return null;
  return { kind: 'pending', uid, code, message, number, since: existing?.since ?? now };
}

function nodesNow({ store, model }: Deps): readonly PlacementNode[] {
  return store.list(nodePrefix).map((entry) => {
    const { name, health, labels } = rowOf<NodeRow>(entry).value;
    return {
      name,
      health,
      labels,
      instances: model.index.onNode(name).size,
      hasPort: (port) => model.index.portHolder(name, port) !== undefined,
    };
  });
}

/** What was given out earlier in the same look counts too. */
function nodesWithout(
  nodes: readonly PlacementNode[],
  taken: ReadonlySet<string>,
  added: ReadonlyMap<string, number>,
): readonly PlacementNode[] {
  if (nodes.length === 1 && taken.size === 0) return nodes;
  return nodes.map((node) => ({
    ...node,
    instances: node.instances + (added.get(node.name) ?? 0),
    hasPort: (port) => node.hasPort(port) || taken.has(`${node.name}/${port}`),
  }));
}

function pendingDueAt(placement: Placement | null, told: ReadonlySet<Uid>): number | null {
  if (placement?.kind !== 'pending' || told.has(placement.uid)) return null;
  return placement.since + pendingEventAfterMs;
}

async function tellPending({ store, clock, random }: ControlDeps, record: VmRecord, told: Set<Uid>): Promise<void> {
  told.add(record.uid);
  const message = `VM "${record.name}" has been pending for ${pendingEventAfterMs / 60_000} min`;
  const event = { at: clock.now(), code: 'vm_pending_long', message, record, node: null, by: systemPrincipal };
  await store.commit({ put: [newEvent(random, event)] });
}
