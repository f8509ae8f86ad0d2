/** Reads that are no VM and no task: events, nodes, history, the state of the whole. */
import { timeText } from '../../core/convergence/clock-text.ts';
import { convergencePercent } from '../../core/convergence/in-sync.ts';
import type { PastFailure } from '../../core/instance/failure-reason.ts';
import type { Phase } from '../../core/instance/phase.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { allocatableOf, resourceFields } from '../../core/placement/resources.ts';
import type { CachedVm } from '../cached-vm.ts';
import { type Refusal, refuse } from '../refusal.ts';
import {
  type EventRow,
  eventKey,
  eventPrefix,
  type NodeRow,
  nodeKey,
  nodePrefix,
  readRow,
  rowOf,
  vmPrefix,
} from '../rows.ts';
import { type OperationContext, observedOf } from './context.ts';
import { readCursor, writeCursor } from './list-vms.ts';

type ReadContext = Pick<OperationContext, 'store' | 'model' | 'clock' | 'sessions' | 'config'>;

export function renderEvent(event: EventRow): JsonObject {
  return {
    id: event.id,
    at: timeText(event.at),
    code: event.code,
    message: event.message,
    resource: event.resource === null ? null : { ...event.resource },
    node: event.node,
    by: event.by,
  };
}

export interface EventFilter {
  readonly vm?: string | undefined;
  readonly node?: string | undefined;
  readonly code?: string | undefined;
}

export function matchesEvent(filter: EventFilter, event: EventRow): boolean {
  if (filter.code !== undefined && event.code !== filter.code) return false;
  if (filter.node !== undefined && event.node !== filter.node) return false;
  if (filter.vm === undefined) return true;
  return event.resource?.name === filter.vm || `uid:${event.resource?.uid}` === filter.vm;
}

/** Events looked at for one page. */
const scannedMax = 10_000;

/** Oldest first, as their ids sort. */
export function listEvents(
  { store }: ReadContext,
  { filter, limit, cursor }: { readonly filter: EventFilter; readonly limit: number; readonly cursor: string | null },
): { readonly events: readonly EventRow[]; readonly cursor: string | null; readonly revision: number } | Refusal {
  const after = cursor === null ? '' : readCursor('events', cursor, store.epoch);
  if (after === null) return refuse('cursor_expired', 'The cursor is of another epoch or of no list like this');
  const revision = store.revision();
  const entries = store.list(eventPrefix, { ...(after === '' ? {} : { after: eventKey(after) }), limit: scannedMax });
  const events: EventRow[] = [];
  for (const entry of entries) {
    if (events.length >= limit)
      return { events, cursor: writeCursor('events', events.at(-1)?.id ?? '', store.epoch), revision };
    const event = rowOf<EventRow>(entry).value;
    if (matchesEvent(filter, event)) events.push(event);
  }
  const last = entries.at(-1);
  const more = entries.length === scannedMax && last !== undefined;
  return {
    events,
    cursor: more ? writeCursor('events', last.key.slice(eventPrefix.length), store.epoch) : null,
    revision,
  };
}

/** The last events of one VM and its last failures, oldest first. */
export function historyOf(ctx: ReadContext, vm: CachedVm, limit: number): JsonObject {
  const filter = { vm: `uid:${vm.record.uid}` };
  // All that retention keeps: a VM's last events may be few among many newer ones of others.
  const events = ctx.store
    .list(eventPrefix)
    .map((entry) => rowOf<EventRow>(entry).value)
    .filter((event) => matchesEvent(filter, event))
    .slice(-limit);
  const failures = observedOf(vm.view)?.history ?? [];
  return {
    name: vm.record.name,
    uid: vm.record.uid,
    failures: failures.map(renderPast),
    events: events.map(renderEvent),
  };
}

function renderPast({ code, message, at, details, times, lastAt }: PastFailure): JsonObject {
  return { code, message, at: timeText(at), times: times ?? 1, last_at: timeText(lastAt ?? at), details };
}

export function listNodes(ctx: ReadContext): readonly JsonObject[] {
  return ctx.store.list(nodePrefix).map((entry) => renderNode(ctx, rowOf<NodeRow>(entry).value));
}

export function getNode(ctx: ReadContext, name: string): JsonObject | Refusal {
  const row = readRow<NodeRow>(ctx.store, nodeKey(name));
  if (row === undefined)
    return refuse('not_found', `Node ${JSON.stringify(name.slice(0, 80))} does not exist`, { kind: 'Node' });
  return renderNode(ctx, row.value);
}

function renderNode({ sessions, model, config }: ReadContext, node: NodeRow): JsonObject {
  const heardAt = sessions.heardAt(node.name);
  return {
    kind: 'Node',
    name: node.name,
    status: {
      health: node.health,
      since: timeText(node.healthSince),
      connected: sessions.get(node.name) !== undefined,
      last_seen_at: heardAt === null ? null : timeText(heardAt),
      agent_version: node.agentVersion,
      capacity: resourceFields(node.capacity),
      allocatable: resourceFields(allocatableOf(node.capacity, config.capacity)),
      allocated: resourceFields(model.index.claimsOn(node.name).allocated(config.capacity)),
      runtimes: node.runtimes.map(({ kind, version, accel, accelBecause }) => ({
        kind,
        version,
        accel,
        accel_because: accelBecause,
      })),
      instances: model.index.onNode(node.name).size,
      unassigned: node.unassigned.map(({ uid, name, state, notAdopted }) => ({
        ...{ uid, name, state },
        not_adopted: notAdopted ?? null,
      })),
    },
    labels: { ...node.labels },
    registered_at: timeText(node.registeredAt),
  };
}

/** VMs listed one by one in the state of the whole; more are only counted. */
const listedDriftMax = 100;

/** `holdfast status`: convergence, counts, and every VM that is not in sync with why (spec S20). Read-only. */
export function clusterStatus(ctx: ReadContext, clusterId: string): JsonObject {
  const phases: Partial<Record<Phase, number>> = {};
  const notInSync: JsonObject[] = [];
  let total = 0;
  let inSync = 0;
  for (const entry of ctx.store.list(vmPrefix)) {
    const vm = ctx.model.get(rowOf<VmRecord>(entry).value.name);
    if (vm === undefined) continue;
    total += 1;
    phases[vm.phase] = (phases[vm.phase] ?? 0) + 1;
    if (vm.inSync) inSync += 1;
    else if (notInSync.length < listedDriftMax) notInSync.push(renderGap(vm));
  }
  return {
    cluster_id: clusterId,
    epoch: ctx.store.epoch,
    revision: ctx.store.revision(),
    convergence: { percent: convergencePercent(inSync, total), in_sync: inSync, total },
    phases: phases as Readonly<Record<string, Json>>,
    nodes: listNodes(ctx),
    not_in_sync: notInSync,
  };
}

function renderGap({ record, reading }: CachedVm): JsonObject {
  const converged = reading.conditions.find(({ type }) => type === 'converged');
  return {
    name: record.name,
    phase: reading.phase,
    generation: record.generation,
    observed_generation: observedOf(reading.view)?.observedGeneration ?? 0,
    code: reading.reason?.code ?? converged?.code ?? 'unknown',
    message: reading.reason?.message ?? converged?.message ?? '',
  };
}
