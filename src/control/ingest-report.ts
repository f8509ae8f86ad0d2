/**
 * Reports of agents → observation rows (spec S31). The only writer of `obs/`. Observed state never edits desired state,
 * with the one exception of spec §9: after a restore, generations are raised above the highest a node reports.
 */
import type { FailureReason } from '../core/instance/failure-reason.ts';
import type { VmSpec } from '../core/instance/spec.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Json } from '../core/kit/json.ts';
import { sameJson } from '../core/kit/same-json.ts';
import { applyObservation, type StoredObservation } from '../core/node/apply-report.ts';
import { type AssignmentRevision, isNewer } from '../core/node/assignment.ts';
import type { ObservedInstance } from '../core/node/observation.ts';
import type { Placement } from '../core/placement/placement.ts';
import type { NodeReport } from '../ports/control-link.ts';
import { type AdoptionDeps, adoptUnassigned } from './adopt-unassigned.ts';
import { type ControlDeps, commitAttemptsMax, ingestSlice, reportEventsMax } from './control-config.ts';
import { newEvent, nodePrincipal } from './new-event.ts';
import type { NodeSession } from './node-sessions.ts';
import { inOwnTime, nextSkew } from './node-time.ts';
import type { ReadModel } from './read-model.ts';
import { finishRemoval } from './removal.ts';
import {
  type NodeRow,
  nodeKey,
  observationKey,
  placementKey,
  put,
  readRow,
  type UnassignedRow,
  type VmUidRow,
  vmKey,
  vmUidKey,
} from './rows.ts';

/** Applies one observation that a synchronous verb brought back. */
export type IngestObservation = (session: NodeSession, observed: ObservedInstance) => Promise<void>;

export interface Ingest {
  /** Resolves once everything of the report that matters is durable. */
  report(session: NodeSession, report: NodeReport, assigned: AssignmentRevision): Promise<void>;
  readonly observation: IngestObservation;
}

/** Which report an observation comes from, and whether the node wrote it by the orders of a store that was lost since. */
interface ReportSource {
  readonly sequence: number;
  readonly isOfLostStore: boolean;
}

type Rows = { readonly key: string; readonly value: Json }[];

export function createIngest(deps: AdoptionDeps): Ingest {
  const { model, log } = deps;

  const observations = async (
    session: NodeSession,
    source: ReportSource,
    instances: readonly ObservedInstance[],
  ): Promise<void> => {
    for (let from = 0; from < instances.length; from += ingestSlice) {
      await commitObservations(deps, session, source, instances.slice(from, from + ingestSlice));
    }
  };
  const byOwnClock = (session: NodeSession, instances: readonly ObservedInstance[]): readonly ObservedInstance[] =>
    instances.map((instance) => inOwnTime(instance, session.clockSkewMs ?? 0));

  return {
    async report(session, report, assigned) {
      if (report.sequence <= session.lastSequence) return;
      session.lastSequence = report.sequence;
      session.clockSkewMs = nextSkew(session.clockSkewMs, report.sentAt, deps.clock.now());
      for (const { uid, metrics, observedAt } of report.metrics) model.setMetrics(uid, { metrics, observedAt });
      const isOfLostStore = report.seen !== null && report.seen.epoch < deps.store.epoch;
      const source = { sequence: report.sequence, isOfLostStore };
      await observations(session, source, byOwnClock(session, report.instances));
      if (report.full && report.seen !== null && !isNewer(assigned, report.seen)) {
        await observations(session, source, unknownToNode(deps, session.node, report));
      }
      if (report.full) session.account();
      for (const uid of report.removed) {
        if (!isPlacedOn(deps, uid, session.node)) continue;
        if (await finishRemoval(deps, uid, nodePrincipal(session.node))) log.info('Removed', { uid });
      }
      await commitNodeNews(deps, session, report);
    },
    observation: (session, observed) =>
      observations(session, { sequence: session.lastSequence, isOfLostStore: false }, byOwnClock(session, [observed])),
  };
}

async function commitObservations(
  deps: ControlDeps,
  session: NodeSession,
  source: ReportSource,
  instances: readonly ObservedInstance[],
): Promise<void> {
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const expect: { key: string; modRevision: number }[] = [];
    const rows: Rows = [];
    for (const incoming of instances) applyOne(deps, session, source, incoming, expect, rows);
    if (rows.length === 0) return;
    if ((await deps.store.commit({ expect, put: rows })).ok) return;
  }
  throw notStored(session.node);
}

/** An answer that is no acknowledgement: the session ends, and the next one reports everything again. */
const notStored = (node: string): Fault =>
  new Fault('conflict', `Cannot store the report of node ${node}: other writes came first again and again`);

/** S31: what another node says of a VM is not about its present; an older placement's removal ends nothing. */
function isPlacedOn({ store }: ControlDeps, uid: Uid, node: string): boolean {
  const placement = readRow<Placement>(store, placementKey(uid))?.value;
  return placement?.kind === 'placed' && placement.node === node;
}

function applyOne(
  { store, clock, random, log }: ControlDeps,
  session: NodeSession,
  { sequence, isOfLostStore }: ReportSource,
  incoming: ObservedInstance,
  expect: { key: string; modRevision: number }[],
  rows: Rows,
): void {
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
  if (caughtUp !== null) {
    expect.push({ key: placementKey(uid), modRevision: placement?.modRevision ?? 0 });
    rows.push(put(placementKey(uid), caughtUp));
  }
  const seenBefore = previous?.value.instance.seenGeneration ?? 0;
  const isAmbiguous = isOfLostStore && incoming.seenGeneration > seenBefore;
  const raised = vm === undefined ? null : catchUpGeneration(vm.value, incoming, isAmbiguous, now);
  if (vm === undefined || raised === null) return;
  expect.push({ key: vmKey(raised.name), modRevision: vm.modRevision });
  const seen = `The node has seen generation ${incoming.seenGeneration} of VM "${raised.name}"`;
  const message = `${seen}, the store only ${vm.value.generation}: raised to ${raised.generation}`;
  const by = nodePrincipal(session.node);
  rows.push(put(vmKey(raised.name), raised));
  rows.push(newEvent(random, { at: now, code: 'generation_raised', message, record: raised, node: session.node, by }));
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
  if (incoming.seenGeneration < record.generation) return null;
  if (incoming.seenGeneration === record.generation && !isAmbiguous) return null;
  return {
    ...record,
    generation: incoming.seenGeneration + 1,
    generationAt: now,
    run: Math.max(record.run, incoming.incarnation?.run ?? 0),
  };
}

/** S32: instances that the node holds in its assignment and has reported before, but knows no more. */
function unknownToNode(
  { store, clock, model }: ControlDeps & { readonly model: ReadModel },
  node: string,
  report: NodeReport,
): readonly ObservedInstance[] {
  const known = new Set<Uid>(report.instances.map(({ uid }) => uid));
  const removed = new Set<Uid>(report.removed);
  const lost: ObservedInstance[] = [];
  for (const uid of model.index.onNode(node)) {
    if (known.has(uid) || removed.has(uid)) continue;
    const row = readRow<StoredObservation>(store, observationKey(uid))?.value;
    if (row === undefined || row.instance.failure?.reason.code === 'no_such_instance') continue;
    const reason: FailureReason = {
      code: 'no_such_instance',
      message: `The agent of node ${node} no longer knows the instance`,
      at: clock.now(),
      details: {},
    };
    const { instance } = row;
    const run = instance.incarnation?.run ?? 0;
    lost.push({
      ...instance,
      incarnation: null,
      guest: 'none',
      facts: null,
      waiting: null,
      failure: { reason, generation: instance.seenGeneration, run },
    });
  }
  return lost;
}

/** Events of the report and what changed about the node itself. */
async function commitNodeNews(deps: AdoptionDeps, session: NodeSession, report: NodeReport): Promise<void> {
  const { store, random, log } = deps;
  const by = nodePrincipal(session.node);
  const kept = report.events.slice(0, reportEventsMax);
  if (kept.length < report.events.length) {
    log.warn('Dropped events of a report', { node: session.node, dropped: report.events.length - kept.length });
  }
  const rows: Rows = kept.map((event) => {
    const name = event.uid === null ? undefined : readRow<VmUidRow>(store, vmUidKey(event.uid))?.value.name;
    const record = event.uid === null || name === undefined ? null : { uid: event.uid, name };
    return newEvent(random, { at: event.at, code: event.code, message: event.message, record, node: session.node, by });
  });
  const left = await adoptUnassigned(deps, session.node, report.unassigned);
  const unassigned: readonly UnassignedRow[] = report.unassigned
    .filter(({ uid }) => !isPlacedOn(deps, uid, session.node))
    .map(({ uid, name, state }) => ({ uid, name, state, notAdopted: left.get(uid) ?? null }));
  const key = nodeKey(session.node);
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const node = readRow<NodeRow>(store, key);
    const changed = node !== undefined && !sameJson(node.value.unassigned, unassigned);
    const news = changed ? unassignedEvents(deps, session.node, node.value.unassigned, unassigned) : [];
    const all = [...rows, ...news, ...(changed ? [put(key, { ...node.value, unassigned })] : [])];
    if (all.length === 0) return;
    const expect = changed ? [{ key, modRevision: node.modRevision }] : [];
    if ((await store.commit({ expect, put: all })).ok) return;
  }
  throw notStored(session.node);
}

const whatIsThere = { running: 'a running VM', leftover: 'leftovers of a VM' } as const;

/** Absence never destroys: what nobody assigned is left as it is and told of once, with each reason why it is not adopted. */
function unassignedEvents(
  { random, clock }: ControlDeps,
  node: string,
  before: readonly UnassignedRow[],
  after: readonly UnassignedRow[],
): Rows {
  const known = new Map(before.map(({ uid, notAdopted }) => [uid, notAdopted ?? null]));
  const why = (because: string | null | undefined): string => (because ? `, and not adopted: ${because}` : '');
  return after
    .filter(({ uid, notAdopted }) => !known.has(uid) || (notAdopted && notAdopted !== known.get(uid)))
    .map(({ uid, name, state, notAdopted }) =>
      newEvent(random, {
        at: clock.now(),
        code: 'unassigned_runtime',
        message: `Node ${node} has ${whatIsThere[state]} that nobody assigned: ${name ?? uid}; it is left as it is${why(notAdopted)}`,
        record: null,
        node,
        by: nodePrincipal(node),
      }),
    );
}
