/**
 * One look at VMs that are on no node: each is placed, or `pending` with a code that says why. The only writer of
 * `placement/` besides the end of a VM and the catch-up after a restore. Deleted VMs that no node has go at once.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import { claimOf } from '../core/placement/claim.ts';
import { type Dependency, decideDependencies } from '../core/placement/decide-dependencies.ts';
import { decidePlacement, type PlacementDecision, type PlacementNode } from '../core/placement/decide-placement.ts';
import type { Placement } from '../core/placement/placement.ts';
import { allocatableOf, type CapacityLimits, minus } from '../core/placement/resources.ts';
import { type ControlDeps, loopBatchRows } from './control-config.ts';
import { newEvent, systemPrincipal } from './new-event.ts';
import { claimGuard, NodeClaims, type ReadClaims } from './node-claims.ts';
import { storedCycle } from './operations/dependencies.ts';
import type { ReadModel } from './read-model.ts';
import { finishRemoval } from './removal.ts';
import { type NodeRow, nodePrefix, placementKey, put, type Row, readRow, rowOf, vmKey } from './rows.ts';

/** `pending` for this long is worth an event (spec F1). */
const pendingEventAfterMs = 600_000;

export type PlacementDeps = ControlDeps & { readonly model: ReadModel; readonly limits: CapacityLimits };

/**
 * One look at some VMs; those that are placed are passed over. Returns when the next pending one is due for its event;
 * `lost` gets those that somebody else changed meanwhile.
 */
export async function placeVms(deps: PlacementDeps, uids: readonly Uid[], lost: Set<Uid>): Promise<number | null> {
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
      continue;
    }
    const { dependsOn } = vm.value.spec;
    const cycle = dependsOn.length === 0 ? null : storedCycle(deps, vm.value.name);
    const waits = decideDependencies(
      dependsOn.map((on) => dependencyOf(model, on)),
      cycle,
    );
    const decision = waits ?? decidePlacement(vm.value.spec, nodes, deps.limits);
    if (decision.kind === 'place') {
      nodes.find((node) => node.name === decision.node)?.promised.hold(uid, claimOf(vm.value.spec));
    }
    const next = nextPlacement(uid, existing?.value ?? null, decision, clock.now());
    if (next !== existing?.value) batch.push({ vm, existing, placement: next });
    if (next.kind === 'pending' && !next.told) nextAt = Math.min(nextAt ?? Infinity, next.since + pendingEventAfterMs);
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
  readonly existing: Row<Placement> | undefined;
  readonly placement: Placement;
}

/**
 * All of it or nothing: whoever changed one of these VMs, or took room of one of these nodes, came first, and all are
 * looked at again. Each loss is another's success, so that this ends.
 */
async function commitPlacements(
  { store, clock, random }: ControlDeps,
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
      ...batch.flatMap(({ vm, existing }) => [
        { key: placementKey(vm.value.uid), modRevision: existing?.modRevision ?? 0 },
        { key: vmKey(vm.value.name), modRevision: vm.modRevision },
      ]),
      ...guards.map(({ expect }) => expect),
    ],
    put: [
      ...batch.map(({ vm, placement }) => put(placementKey(vm.value.uid), placement)),
      // In one transaction with the mark that it was told: no restart tells it again, none loses it.
      ...batch.filter(isTellingNow).map((row) => newEvent(random, pendingEvent(row, now))),
      ...guards.map(({ put: row }) => row),
    ],
  });
  if (!result.ok) for (const { vm } of batch) lost.add(vm.value.uid);
}

/** The same object where there is nothing to write. */
function nextPlacement(uid: Uid, existing: Placement | null, decision: PlacementDecision, now: number): Placement {
  const number = existing?.number ?? 0;
  if (decision.kind === 'place') return { kind: 'placed', uid, node: decision.node, number: number + 1, since: now };
  const { code, message, details } = decision;
  const since = existing?.since ?? now;
  const before = existing?.kind === 'pending' ? existing : null;
  const told = before?.told === true || now >= since + pendingEventAfterMs;
  if (before?.code === code && before.message === message && (before.told === true) === told) return before;
  return {
    ...{ kind: 'pending', uid, code, message, number, since },
    ...(details === undefined ? {} : { details }),
    ...(told ? { told } : {}),
  };
}

/** A node of one look, with what this look promised of it and has not committed yet. */
interface LookedAtNode extends PlacementNode {
  readonly promised: NodeClaims;
  /** Of the claims it was judged by. */
  readonly claims: Pick<ReadClaims, 'revision'>;
}

function nodesNow({ store, model, limits }: PlacementDeps): readonly LookedAtNode[] {
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

const isTellingNow = ({ existing, placement }: PlacementRow): boolean =>
  placement.kind === 'pending' &&
  placement.told === true &&
  !(existing?.value.kind === 'pending' && existing.value.told === true);

function pendingEvent({ vm: { value: record }, placement }: PlacementRow, now: number) {
  const why = placement.kind === 'pending' ? `: ${placement.message}` : '';
  const message = `VM "${record.name}" has been pending for ${pendingEventAfterMs / 60_000} min${why}`;
  return { at: now, code: 'vm_pending_long', message, record, node: null, by: systemPrincipal };
}
