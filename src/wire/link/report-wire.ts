import type { VmMetrics } from '../../core/instance/evidence.ts';
import { asUid } from '../../core/kit/brand.ts';
import type { AssignmentRevision } from '../../core/node/assignment.ts';
import type { InstanceMetrics, ObservedInstance, UnassignedRuntime } from '../../core/node/observation.ts';
import type * as wire from '../generated/node.ts';
import { bodiesToWire, entryFromWire, entryToWire, revisionFromWire, revisionToWire } from './assignment-wire.ts';
import type { KeptBodies, SentBodies } from './bodies.ts';
import { Undecodable } from './decode.ts';
import { unassignedStateCodec } from './enums.ts';
import { observationFromWire, observationToWire } from './observation-wire.ts';
import { fromWide, textOrNull, toWide } from './scalars.ts';

/** The report as this room knows it; the port's type has the same form. */
export interface ReportValue {
  readonly session: string;
  readonly sequence: number;
  readonly sentAt: number;
  readonly seen: AssignmentRevision | null;
  readonly full: boolean;
  readonly instances: readonly ObservedInstance[];
  readonly metrics: readonly InstanceMetrics[];
  readonly removed: readonly ObservedInstance['uid'][];
  readonly unassigned: readonly UnassignedRuntime[];
  readonly events: readonly EventValue[];
}

interface EventValue {
  readonly at: number;
  readonly uid: ObservedInstance['uid'] | null;
  readonly code: string;
  readonly message: string;
}

export function reportToWire(report: ReportValue, sent: SentBodies, to: wire.Report): void {
  to.session = report.session;
  to.sequence = toWide(report.sequence);
  to.sentAt = toWide(report.sentAt);
  if (report.seen !== null) revisionToWire(report.seen, to._initSeen());
  to.full = report.full;
  const specs = [
    ...report.instances.flatMap(({ incarnation }) => incarnation?.startedSpec ?? []),
    ...report.unassigned.flatMap(({ order }) => order?.spec ?? []),
  ];
  const { bodies, forget } = sent.take(specs);
  to.forget = forget;
  bodiesToWire(bodies, to._initBodies(bodies.length));
  const instances = to._initInstances(report.instances.length);
  for (const [i, instance] of report.instances.entries()) observationToWire(instance, instances.get(i));
  const metrics = to._initMetrics(report.metrics.length);
  for (const [i, item] of report.metrics.entries()) metricsToWire(item, metrics.get(i));
  const removed = to._initRemoved(report.removed.length);
  for (const [i, uid] of report.removed.entries()) removed.set(i, uid);
  const unassigned = to._initUnassigned(report.unassigned.length);
  for (const [i, item] of report.unassigned.entries()) {
    const at = unassigned.get(i);
    at.uid = item.uid;
    if (item.name !== null) at.name = item.name;
    at.state = unassignedStateCodec.toWire(item.state);
    if (item.order !== null) entryToWire(item.order, at._initOrder());
  }
  const events = to._initEvents(report.events.length);
  for (const [i, event] of report.events.entries()) {
    const at = events.get(i);
    at.at = toWide(event.at);
    if (event.uid !== null) at.uid = event.uid;
    at.code = event.code;
    at.message = event.message;
  }
}

/** An observation that this version cannot read is left out and told as an event; the others count. */
export function reportFromWire(from: wire.Report, kept: KeptBodies): ReportValue {
  if (from.forget) kept.forget();
  for (const body of from.bodies) kept.keep(body.hash.toUint8Array(), body.json.toUint8Array());
  const sentAt = fromWide(from.sentAt, 'sent_at');
  const unreadable: EventValue[] = [];
  const instances = from.instances.toArray().flatMap((observation) => {
    try {
      return [observationFromWire(observation, kept)];
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      const message = `An observation of a newer agent cannot be read: ${error.message}`;
      unreadable.push({ at: sentAt, uid: asUid(observation.uid), code: 'unreadable_observation', message });
      return [];
    }
  });
  return {
    session: from.session,
    sequence: fromWide(from.sequence, 'sequence'),
    sentAt,
    seen: from._hasSeen() ? revisionFromWire(from.seen) : null,
    // Half a set is no full set: what could not be read must not look as if it were not there.
    full: from.full && unreadable.length === 0,
    instances,
    metrics: from.metrics.map(metricsFromWire),
    removed: from.removed.map((uid) => asUid(uid)),
    unassigned: from.unassigned.map((item) => ({
      uid: asUid(item.uid),
      name: textOrNull(item.name),
      state: unassignedStateCodec.fromWire(item.state) ?? 'leftover',
      order: item._hasOrder() ? offerFromWire(item.order, kept) : null,
    })),
    events: [
      ...from.events.map((event) => ({
        at: fromWide(event.at, 'event.at'),
        uid: event.uid === '' ? null : asUid(event.uid),
        code: event.code,
        message: event.message,
      })),
      ...unreadable,
    ],
  };
}

/** An offer that this version cannot read is none: what it is about stays unassigned. */
function offerFromWire(from: wire.Entry, kept: KeptBodies): UnassignedRuntime['order'] {
  try {
    return entryFromWire(from, kept);
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
}

function metricsToWire(item: InstanceMetrics, to: wire.Metrics): void {
  to.uid = item.uid;
  to.observedAt = toWide(item.observedAt);
  if (item.metrics === null) {
    to.gone = true;
    return;
  }
  const { metrics } = item;
  const counters = to._initCounters();
  counters.cpuUsage = metrics.cpuUsage;
  counters.memoryUsedMib = toWide(metrics.memoryUsedMib);
  counters.diskReadBytes = toWide(metrics.diskReadBytes);
  counters.diskWriteBytes = toWide(metrics.diskWriteBytes);
  counters.uptimeSeconds = toWide(metrics.uptimeSeconds);
  counters.netKnown = metrics.netRxBytes !== null && metrics.netTxBytes !== null;
  counters.netRxBytes = toWide(metrics.netRxBytes);
  counters.netTxBytes = toWide(metrics.netTxBytes);
}

const metricsFromWire = (from: wire.Metrics): InstanceMetrics => ({
  uid: asUid(from.uid),
  observedAt: fromWide(from.observedAt, 'metrics.observed_at'),
  metrics: from._isCounters ? countersFromWire(from.counters) : null,
});

const countersFromWire = (from: wire.Metrics_Counters): VmMetrics => ({
  cpuUsage: from.cpuUsage,
  memoryUsedMib: fromWide(from.memoryUsedMib, 'metrics.memory_used_mib'),
  diskReadBytes: fromWide(from.diskReadBytes, 'metrics.disk_read_bytes'),
  diskWriteBytes: fromWide(from.diskWriteBytes, 'metrics.disk_write_bytes'),
  netRxBytes: from.netKnown ? fromWide(from.netRxBytes, 'metrics.net_rx_bytes') : null,
  netTxBytes: from.netKnown ? fromWide(from.netTxBytes, 'metrics.net_tx_bytes') : null,
  uptimeSeconds: fromWide(from.uptimeSeconds, 'metrics.uptime_seconds'),
});
