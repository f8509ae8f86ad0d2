/**
 * Changes of placed VMs take room of their nodes: cores, memory, host ports (spec §8). All changes of one transaction are
 * judged together, so that two VMs may swap a port, and none of them may take the last room twice. What VMs hold already
 * is never taken from them.
 */

import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { claimOf } from '../../core/placement/claim.ts';
import { hostPortsOf, hostPortText } from '../../core/placement/host-ports.ts';
import { nodeOf } from '../../core/placement/placement.ts';
import {
  allocatableOf,
  minus,
  nothing,
  plus,
  type Resources,
  resourceFields,
  resourcesText,
  shortageOf,
} from '../../core/placement/resources.ts';
import type { CachedVm } from '../cached-vm.ts';
import type { Mutation } from '../mutate.ts';
import { claimGuard, NodeClaims } from '../node-claims.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type NodeRow, nodeKey, placementKey, readRow } from '../rows.ts';
import type { OperationContext } from './context.ts';

export interface RoomChange {
  readonly before: CachedVm;
  readonly record: VmRecord;
}

/** Rows to commit with the changes: who takes room at the same time loses its compare-and-set and looks again. */
export type RoomTaken = Pick<Mutation<unknown>, 'expect' | 'put'>;

export function takeRoom(ctx: OperationContext, changes: readonly RoomChange[]): RoomTaken | Refusal {
  const byNode = new Map<string, RoomChange[]>();
  const expect: { key: string; modRevision: number }[] = [];
  for (const change of changes.filter(asksForMore)) {
    const node = nodeOf(change.before.view.placement);
    if (node !== null) byNode.set(node, []);
    else expect.push(placementGuard(ctx, change.record.uid));
  }
  for (const change of changes) byNode.get(nodeOf(change.before.view.placement) ?? '')?.push(change);
  const put: RoomTaken['put'][number][] = [];
  for (const [node, ofNode] of byNode) {
    const refusal = checkPorts(ctx, node, ofNode) ?? checkResources(ctx, node, ofNode);
    if (refusal !== null) return refusal;
    const guard = claimGuard(ctx.model.index.claimsOn(node), node, ctx.clock.now());
    expect.push(guard.expect);
    put.push(guard.put);
  }
  return { expect, put };
}

function asksForMore({ before, record }: RoomChange): boolean {
  const { spec } = before.record;
  if (spec === record.spec) return false;
  const { cpuCores, memoryMib, nics } = record.spec;
  return cpuCores > spec.cpuCores || memoryMib > spec.memoryMib || nics !== spec.nics;
}

/** It is on no node as it is judged: should it get one meanwhile, it is judged again. */
function placementGuard({ store }: OperationContext, uid: Uid) {
  return { key: placementKey(uid), modRevision: store.get(placementKey(uid))?.modRevision ?? 0 };
}

function checkPorts({ model }: OperationContext, node: string, changes: readonly RoomChange[]): Refusal | null {
  const claims = model.index.claimsOn(node);
  const together = new NodeClaims();
  const names = new Map(changes.map(({ record }) => [record.uid, record.name]));
  for (const { record } of changes) together.hold(record.uid, claimOf(record.spec));
  for (const { record } of changes) {
    for (const port of hostPortsOf(record.spec.nics)) {
      const holder =
        together.portHolder(port, (uid) => uid === record.uid) ?? claims.portHolder(port, (uid) => names.has(uid));
      if (holder === undefined) continue;
      const owner = names.get(holder) ?? model.index.nameOf(holder) ?? holder;
      return refuse('port_conflict', `Host port ${hostPortText(port)} of node ${node} is taken by VM "${owner}"`, {
        name: record.name,
        port: hostPortText(port),
        node,
        held_by: owner,
      });
    }
  }
  return null;
}

function checkResources(ctx: OperationContext, node: string, changes: readonly RoomChange[]): Refusal | null {
  const row = readRow<NodeRow>(ctx.store, nodeKey(node));
  if (row === undefined) return null;
  const limits = ctx.config.capacity;
  const claims = ctx.model.index.claimsOn(node);
  const free = minus(allocatableOf(row.value.capacity, limits), claims.allocated(limits));
  const growth = changes.reduce<Resources>(
    (sum, { record }) => plus(sum, claims.growthOf(record.uid, claimOf(record.spec))),
    nothing,
  );
  const short = shortageOf(growth, free);
  if (short === null) return null;
  const names = changes.filter(asksForMore).map(({ record }) => record.name);
  const who = names.length === 1 ? `VM "${names[0]}"` : `${names.length} VMs of node ${node}`;
  return refuse(
    'insufficient_resources',
    `Cannot give ${who} ${resourcesText(positive(growth))} more: node "${node}" is short of ${resourcesText(short)}`,
    {
      node,
      names,
      free: resourceFields(free),
      short: resourceFields(short),
      next_action: 'Ask for less, or delete other VMs: one that is stopped keeps its room',
    },
  );
}

const positive = ({ cpuCores, memoryMib }: Resources): Resources => ({
  cpuCores: Math.max(0, cpuCores),
  memoryMib: Math.max(0, memoryMib),
});
