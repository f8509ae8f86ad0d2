/**
 * The policy `adopt` for unknown instances (spec §3): a node offers what no assignment names, with the order it had last, and
 * the control plane takes it over as it is. Its uid, run, placement number and disks stay, the generation goes on above the
 * last one, so that nothing restarts. Labels, annotations and description were never on the node: they are lost.
 */
import type { DeclaredVm } from '../core/instance/declared.ts';
import type { DesiredVm } from '../core/instance/desired.ts';
import type { Architecture } from '../core/instance/spec.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { TimeMs, Uid } from '../core/kit/brand.ts';
import { type AdoptionDecision, decideAdoption } from '../core/node/decide-adoption.ts';
import { hostPortsOf, hostPortText } from '../core/placement/host-ports.ts';
import { nodeOf, type Placement } from '../core/placement/placement.ts';
import type { NodeReport } from '../ports/control-link.ts';
import { type DeclaredSpec, declareSpec } from '../wire/manifest/declare-spec.ts';
import { type ControlDeps, commitAttemptsMax } from './control-config.ts';
import { newEvent, nodePrincipal } from './new-event.ts';
import { claimGuard } from './node-claims.ts';
import { vmRecordOf } from './operations/create-vm.ts';
import type { ReadModel } from './read-model.ts';
import { type GoneRow, goneKey, placementKey, put, readRow, type VmUidRow, vmKey, vmUidKey } from './rows.ts';

export type AdoptionDeps = ControlDeps & {
  readonly model: ReadModel;
  /** Of VMs that name none. */
  readonly architecture: Architecture;
};

/** Takes over what can be; returns why each of the others was left, by uid. */
export async function adoptUnassigned(
  deps: AdoptionDeps,
  node: string,
  unassigned: NodeReport['unassigned'],
): Promise<ReadonlyMap<Uid, string>> {
  const left = new Map<Uid, string>();
  for (const { order } of unassigned) {
    if (order === null) continue;
    const decision = await adoptOne(deps, node, order);
    if (decision.kind === 'leave') left.set(order.uid, decision.because);
    if (decision.kind === 'adopt') deps.log.info('Adopted', { uid: order.uid, node });
  }
  return left;
}

async function adoptOne(deps: AdoptionDeps, node: string, order: DesiredVm): Promise<AdoptionDecision> {
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const said = declareSpec(order, deps.architecture);
    const decision = decideAdoption(node, order.name, factsOf(deps, node, order, said));
    if (decision.kind !== 'adopt' || !said.ok) return decision;
    if ((await deps.store.commit(adoptionCommit(deps, node, order, said.declared))).ok) return decision;
  }
  // The next report offers it again.
  return { kind: 'leave', because: 'other writes came first again and again' };
}

function factsOf({ store, model }: AdoptionDeps, node: string, { uid, name, spec }: DesiredVm, said: DeclaredSpec) {
  const knownAs = readRow<VmUidRow>(store, vmUidKey(uid))?.value.name ?? null;
  const placement = readRow<Placement>(store, placementKey(uid))?.value;
  const claims = model.index.claimsOn(node);
  const taken = hostPortsOf(spec.nics).flatMap((port) => {
    const holder = claims.portHolder(port, (other) => other === uid);
    return holder === undefined ? [] : [{ port: hostPortText(port), heldBy: model.index.nameOf(holder) ?? holder }];
  });
  return {
    knownAs: knownAs === null ? null : { name: knownAs, node: nodeOf(placement) },
    isRemoved: readRow<GoneRow>(store, goneKey(uid)) !== undefined,
    nameHolder: readRow<VmRecord>(store, vmKey(name))?.value.uid ?? null,
    portConflict: taken[0] ?? null,
    offence: said.ok ? null : said.offence,
  };
}

/** It loses to whoever meanwhile made, removed or placed the VM, took its name, or took room of its node. */
function adoptionCommit({ clock, random, model }: AdoptionDeps, node: string, order: DesiredVm, declared: DeclaredVm) {
  const now = clock.now();
  const record = adoptedRecord(order, declared, now);
  const { uid, name } = record;
  const placement: Placement = { kind: 'placed', uid, node, number: order.placement, since: now };
  const guard = claimGuard(model.index.claimsOn(node), node, now);
  const message = `VM "${name}" was found on node ${node} without an assignment and adopted, by the node's policy`;
  return {
    expect: [
      ...[vmKey(name), vmUidKey(uid), goneKey(uid), placementKey(uid)].map((key) => ({ key, modRevision: 0 })),
      guard.expect,
    ],
    put: [
      put(vmKey(name), record),
      put(vmUidKey(uid), { name } satisfies VmUidRow),
      put(placementKey(uid), placement),
      guard.put,
      newEvent(random, { at: now, code: 'adopted', message, record, node, by: nodePrincipal(node) }),
    ],
  };
}

function adoptedRecord(order: DesiredVm, declared: DeclaredVm, now: TimeMs): VmRecord {
  const { uid, spec, generation, run, changeRuns, desiredPaused, stopMode } = order;
  return {
    ...vmRecordOf({ uid, declared, spec, now }),
    desiredPhase: order.desiredPhase === 'stopped' ? 'stopped' : 'running',
    generation: generation + 1,
    ...{ run, changeRuns, desiredPaused, stopMode },
  };
}
