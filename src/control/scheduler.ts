/**
 * The scheduler loop: every VM that is on no node is placed, or `pending` with a code that says why. The only writer of
 * `placement/` besides the end of a VM and the catch-up after a restore. Deleted VMs that no node has go at once.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import { type Dependency, decideDependencies } from '../core/placement/decide-dependencies.ts';
import { decidePlacement, type PlacementDecision, type PlacementNode } from '../core/placement/decide-placement.ts';
import type { Placement } from '../core/placement/placement.ts';
import { allocatableOf, type CapacityLimits, minus } from '../core/placement/resources.ts';
import type { StoreEvent } from '../ports/store.ts';
import { type ControlDeps, loopBatchRows } from './control-config.ts';
import { newEvent, systemPrincipal } from './new-event.ts';
import { claimGuard, NodeClaims, type ReadClaims } from './node-claims.ts';
import type { ReadModel } from './read-model.ts';
import { finishRemoval } from './removal.ts';
import {
  type NodeRow,
  nodePrefix,
  observationPrefix,
  placementKey,
  placementPrefix,
  put,
  type Row,
  readRow,
  rowOf,
  vmKey,
  vmPrefix,
} from './rows.ts';
import { startWakeLoop, type WakeLoop } from './wake-loop.ts';

/** `pending` for this long is worth an event (spec F1). */
export const pendingEventAfterMs = 600_000;

type Deps = ControlDeps & { readonly model: ReadModel; readonly limits: CapacityLimits };

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
    const lost = new Set<Uid>();
    const dueAt = await schedule(deps, uids, told, lost);
    for (const uid of lost) dirty.uids.add(uid);
    if (lost.size > 0) loop.wake();
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

/**
 * A VM that is new or changed, or lost its place; a node whose health or labels may let something in; a VM that went or
 * asks for less, and may have held what another one waits for.
 */
function markDirty(event: StoreEvent, dirty: Dirty): boolean {
  const key = event.type === 'put' ? event.entry.key : event.key;
  if (key.startsWith(nodePrefix)) dirty.all = true;
  else if (key.startsWith(vmPrefix) && event.type === 'put') {
    dirty.uids.add(rowOf<VmRecord>(event.entry).value.uid);
    dirty.all ||= givesBack(event);
  } else if (key.startsWith(placementPrefix) && event.type === 'delete') dirty.all = true;
  else return false;
  return true;
}

function givesBack({ entry, previous }: Extract<StoreEvent, { type: 'put' }>): boolean {
  if (previous === undefined) return false;
  const before = rowOf<VmRecord>(previous).value.spec;
  const { cpuCores, memoryMib, nics } = rowOf<VmRecord>(entry).value.spec;
  return cpuCores < before.cpuCores || memoryMib < before.memoryMib || nics !== before.nics;
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
 * One look at some VMs; those that are placed are passed over. Returns when the next pending one is due for its event;
 * `lost` gets those that somebody else changed meanwhile.
 */
async function schedule(deps: Deps, uids: readonly Uid[], told: Set<Uid>, lost: Set<Uid>): Promise<number | null> {
  const { store, model, clock } = deps;
  const unplaced = uids.filter((uid) => model.index.unplaced().has(uid));
  if (unplaced.length === 0) return null;
  let nodes = nodesNow(deps);
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
    const decision = waits ?? decidePlacement(vm.value.spec, nodes, deps.limits);
    if (decision.kind === 'place') {
      told.delete(uid);
      nodes.find((node) => node.name === decision.node)?.promised.hold(uid, vm.value.spec);
    }
    const next = nextPlacement(uid, existing?.value ?? null, decision, clock.now());
    if (next !== null) batch.push({ vm, modRevision: existing?.modRevision ?? 0, placement: next });
    const dueAt = pendingDueAt(next ?? existing?.value ?? null, told);
    if (dueAt !== null && dueAt <= clock.now()) await tellPending(deps, vm.value, told);
    else if (dueAt !== null) nextAt = Math.min(nextAt ?? dueAt, dueAt);
    if (batch.length >= loopBatchRows) {
      await commitPlacements(deps, batch, nodes, lost);
      batch = [];
      // The index has what was committed, and what users changed meanwhile.
      nodes = nodesNow(deps);
    }
  }
  if (batch.length > 0) await commitPlacements(deps, batch, nodes, lost);
  return nextAt;
}

function dependencyOf(model: ReadModel, name: string): Dependency {
  const vm = model.get(name);
  if (vm === undefined) return { name, phase: null, code: null };
  return { name, phase: vm.phase, code: vm.reading.reason?.code ?? null };
}

interface PlacementRow {
  readonly vm: Row<VmRecord>;
  readonly modRevision: number;
  readonly placement: Placement;
}

/**
 * All of it or nothing: whoever changed one of these VMs, or took room of one of these nodes, came first, and all are
 * looked at again. Each loss is another's success, so that this ends.
 */
async function commitPlacements(
  { store, clock }: ControlDeps,
  batch: readonly PlacementRow[],
  nodes: readonly LookedAtNode[],
  lost: Set<Uid>,
): Promise<void> {
  const now = clock.now();
  const guards = nodes
    .filter(({ promised }) => promised.instances > 0)
    .map(({ name, claims }) => claimGuard(claims, name, now));
  const result = await store.commit({
    expect: [
      ...batch.flatMap(({ vm, modRevision }) => [
        { key: placementKey(vm.value.uid), modRevision },
        { key: vmKey(vm.value.name), modRevision: vm.modRevision },
      ]),
      ...guards.map(({ expect }) => expect),
    ],
    put: [
      ...batch.map(({ vm, placement }) => put(placementKey(vm.value.uid), placement)),
      ...guards.map(({ put: row }) => row),
    ],
  });
  if (!result.ok) for (const { vm } of batch) lost.add(vm.value.uid);
}

function nextPlacement(
  uid: Uid,
  existing: Placement | null,
  decision: PlacementDecision,
  now: number,
): Placement | null {
  const number = existing?.number ?? 0;
  if (decision.kind === 'place') return { kind: 'placed', uid, node: decision.node, number: number + 1, since: now };
  const { code, message, details } = decision;
  if (existing?.kind === 'pending' && existing.code === code && existing.message === message) return null;
  const since = existing?.since ?? now;
  return { kind: 'pending', uid, code, message, ...(details === undefined ? {} : { details }), number, since };
}

/** A node of one look, with what this look promised of it and has not committed yet. */
interface LookedAtNode extends PlacementNode {
  readonly promised: NodeClaims;
  /** Of the claims it was judged by. */
  readonly claims: Pick<ReadClaims, 'revision'>;
}

function nodesNow({ store, model, limits }: Deps): readonly LookedAtNode[] {
  return store.list(nodePrefix).map((entry) => {
    const { name, health, labels, capacity } = rowOf<NodeRow>(entry).value;
    const claims = model.index.claimsOn(name);
    const promised = new NodeClaims();
    const unclaimed = minus(allocatableOf(capacity, limits), claims.allocated(limits));
    return {
      name,
      health,
      labels,
      promised,
      claims: { revision: claims.revision },
      get instances() {
        return claims.instances + promised.instances;
      },
      get free() {
        return minus(unclaimed, promised.allocated(limits));
      },
      hasPort: (port) => claims.portHolder(port) !== undefined || promised.portHolder(port) !== undefined,
    };
  });
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
