/**
 * Observations → rows, with what a restored store learns from them: a placement it does not know, generations it has not
 * counted to (spec §9). The only writer of `obs/`.
 */
import type { VmSpec } from '../core/instance/spec.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Json } from '../core/kit/json.ts';
import { sameJson } from '../core/kit/same-json.ts';
import { shareDeep } from '../core/kit/share-parts.ts';
import { applyObservation, type StoredObservation } from '../core/node/apply-report.ts';
import type { ObservedInstance } from '../core/node/observation.ts';
import type { Placement } from '../core/placement/placement.ts';
import { type ControlDeps, commitAttemptsMax } from './control-config.ts';
import { newEvent, nodePrincipal } from './new-event.ts';
import { claimGuard } from './node-claims.ts';
import type { Rows } from './node-news.ts';
import type { NodeSession } from './node-sessions.ts';
import type { ReadModel } from './read-model.ts';
import { observationKey, placementKey, put, readRow, type VmUidRow, vmKey, vmUidKey } from './rows.ts';

/** Which report an observation comes from, and whether the node wrote it by the orders of a store that was lost since. */
export interface ReportSource {
  readonly sequence: number;
  readonly isOfLostStore: boolean;
}

type IngestDeps = ControlDeps & { readonly model: ReadModel };

/** One commit in the making: whoever changed one of the rows it looked at came first, and all of it is judged again. */
interface Draft {
  readonly expect: { key: string; modRevision: number }[];
  readonly rows: { readonly key: string; readonly value: Json }[];
  /** Whether it places a VM that had no placement, which takes room of the node. */
  takesRoom: boolean;
}

/**
 * Resolves once they are durable, together with `news`: what is concluded from them comes after the events that led to it. Fault
 * `conflict` when other writes come first again and again.
 */
export async function commitObservations(
  deps: IngestDeps,
  session: NodeSession,
  source: ReportSource,
  { instances, news }: { readonly instances: readonly ObservedInstance[]; readonly news: Rows },
): Promise<void> {
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const draft: Draft = { expect: [], rows: [...news], takesRoom: false };
    let before: ObservedInstance | undefined;
    for (const incoming of instances) {
      before = sharingParts(before, incoming);
      applyOne(deps, session, source, before, draft);
    }
    const { expect, rows, takesRoom } = draft;
    if (rows.length === 0) return;
    const claim = takesRoom
      ? [claimGuard(deps.model.index.claimsOn(session.node), session.node, deps.clock.now())]
      : [];
    const commit = {
      expect: [...expect, ...claim.map((guard) => guard.expect)],
      put: [...rows, ...claim.map((guard) => guard.put)],
    };
    if ((await deps.store.commit(commit)).ok) return;
  }
  throw notStored(session.node);
}

/** An answer that is no acknowledgement: the session ends, and the next one reports everything again. */
export const notStored = (node: string): Fault =>
  new Fault('conflict', `Cannot store the report of node ${node}: other writes came first again and again`);

/** S31: what another node says of a VM is not about its present; an older placement's removal ends nothing. */
export function isPlacedOn({ store }: Pick<ControlDeps, 'store'>, uid: Uid, node: string): boolean {
  const placement = readRow<Placement>(store, placementKey(uid))?.value;
  return placement?.kind === 'placed' && placement.node === node;
}

function applyOne(
  { store, clock, random, log }: ControlDeps,
  session: NodeSession,
  { sequence, isOfLostStore }: ReportSource,
  incoming: ObservedInstance,
  draft: Draft,
): void {
  const { expect, rows } = draft;
  const { uid } = incoming;
  const now = clock.now();
  const placement = readRow<Placement>(store, placementKey(uid));
  const name = readRow<VmUidRow>(store, vmUidKey(uid))?.value.name;
  const vm = name === undefined ? undefined : readRow<VmRecord>(store, vmKey(name));
  const caughtUp = catchUpPlacement(placement?.value ?? null, vm?.value ?? null, incoming, session.node, now);
  const origin = { node: session.node, session: session.hello.session, sequence };
  const previous = readRow<StoredObservation>(store, observationKey(uid));
  const applied = applyObservation(
    previous?.value ?? null,
    sharingSpec(incoming, vm?.value.spec),
    origin,
    caughtUp ?? placement?.value ?? null,
    now,
  );
  if (applied.kind === 'ignored') log.debug('Ignored an observation', { uid, because: applied.because });
  if (applied.kind !== 'applied') return;
  expect.push({ key: observationKey(uid), modRevision: previous?.modRevision ?? 0 });
  rows.push(put(observationKey(uid), applied.row));
  // A removal of the VM meanwhile comes first: nothing would ever take away the rows of a VM that is not there.
  if (caughtUp !== null || previous === undefined) {
    expect.push({ key: placementKey(uid), modRevision: placement?.modRevision ?? 0 });
  }
  if (caughtUp !== null) {
    rows.push(put(placementKey(uid), caughtUp));
    draft.takesRoom ||= placement?.value.kind !== 'placed';
  }
  const seenBefore = previous?.value.instance.seenGeneration ?? 0;
  const isAmbiguous = isOfLostStore && incoming.seenGeneration > seenBefore;
  const raised = vm === undefined ? null : catchUpGeneration(vm.value, incoming, isAmbiguous, now);
  if (vm === undefined || (caughtUp === null && raised === null)) return;
  expect.push({ key: vmKey(vm.value.name), modRevision: vm.modRevision });
  if (raised === null) return;
  const seen = `generation ${incoming.seenGeneration}, run ${incoming.incarnation?.run ?? 0}`;
  const stored = `generation ${vm.value.generation}, run ${vm.value.run}`;
  const message = `The node has seen ${seen} of VM "${raised.name}", the store ${stored}: raised to ${raised.generation}`;
  const by = nodePrincipal(session.node);
  rows.push(put(vmKey(raised.name), raised));
  rows.push(newEvent(random, { at: now, code: 'generation_raised', message, record: raised, node: session.node, by }));
}

/** Instances of a fleet are mostly alike: what equals the one before is held once. */
function sharingParts(before: ObservedInstance | undefined, incoming: ObservedInstance): ObservedInstance {
  return shareDeep(before as Json | undefined, incoming as unknown as Json) as unknown as ObservedInstance;
}

/** Mostly a VM runs as it is wanted: then its specification is held once, not twice. */
function sharingSpec(incoming: ObservedInstance, wanted: VmSpec | undefined): ObservedInstance {
  const { incarnation } = incoming;
  if (incarnation === null || wanted === undefined || !sameJson(incarnation.startedSpec, wanted)) return incoming;
  return { ...incoming, incarnation: { ...incarnation, startedSpec: wanted } };
}

/** The store was restored from before this placement: where the instance is, it stays (spec §9). */
function catchUpPlacement(
  placement: Placement | null,
  record: VmRecord | null,
  incoming: ObservedInstance,
  node: string,
  now: number,
): Placement | null {
  if (record === null || (placement?.kind === 'placed' && placement.node !== node)) return null;
  if (placement?.kind === 'placed' && placement.number >= incoming.placement) return null;
  return { kind: 'placed', uid: incoming.uid, node, number: incoming.placement, since: placement?.since ?? now };
}

/**
 * Generations only grow, also seen from the node; its live run is kept, so that nothing restarts because of a restore.
 * `isAmbiguous`: what it has seen since the backup were orders of the lost store; the same number now means another one.
 */
function catchUpGeneration(
  record: VmRecord,
  incoming: ObservedInstance,
  isAmbiguous: boolean,
  now: number,
): VmRecord | null {
  const run = incoming.incarnation?.run ?? 0;
  const isSame = incoming.seenGeneration === record.generation;
  const isBehind = incoming.seenGeneration > record.generation || (isSame && isAmbiguous);
  // A start or reboot that counted on from an older run would ask for a run that the node has had already.
  if (!isBehind && run <= record.run) return null;
  const generation = Math.max(record.generation, incoming.seenGeneration) + 1;
  return { ...record, generation, generationAt: now, run: Math.max(record.run, run) };
}
