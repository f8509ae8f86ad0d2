/**
 * The `status` of a document, exactly as examples.md (b) shows it. Internals and host paths are no part of an
 * observation that leaves the node, and nothing here adds one (spec S7).
 */

import type { VmMetrics } from '../instance/evidence.ts';
import { liveIncarnation } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import type { Json, JsonObject } from '../kit/json.ts';
import type { ObservedInstance, Waiting } from '../node/observation.ts';
import { nodeOf } from '../placement/placement.ts';
import { timeText } from './clock-text.ts';
import type { Condition } from './condition.ts';
import type { Drift } from './drift.ts';
import { nextStartAt } from './next-start.ts';
import type { VmReading } from './reading.ts';
import type { Reason } from './reason.ts';
import { currentObservation } from './vm-view.ts';

/** The part that changes all the time and lives in memory only. */
export interface LiveMetrics {
  readonly metrics: VmMetrics | null;
  readonly observedAt: TimeMs;
}

export function renderStatus(reading: VmReading, live: LiveMetrics | null): JsonObject {
  const { view } = reading;
  const row = currentObservation(view);
  const observed = row?.instance ?? null;
  // The newer of the two: counters end with their process, and the observation of its end comes after them.
  const observedAt = row === null ? (live?.observedAt ?? null) : Math.max(row.appliedAt, live?.observedAt ?? 0);
  const running = liveIncarnation(observed);
  return {
    phase: reading.phase,
    ...(reading.reason === null ? {} : { reason: renderReason(reading.reason) }),
    node: nodeOf(view.placement),
    incarnation: renderIncarnation(observed),
    seen_generation: observed?.seenGeneration ?? 0,
    observed_generation: observed?.observedGeneration ?? 0,
    conditions: reading.conditions.map(renderCondition),
    metrics: running === null || live === null || observedAt === null ? null : renderMetrics(live, observedAt),
    image: renderImage(view.record.spec, observed),
    running_hash: running?.runningHash ?? null,
    restart: renderRestart(view, observed),
    drift: reading.drift.map(renderDrift),
    addresses: renderAddresses(view.record.spec, observed),
    observed_at: observedAt === null ? null : timeText(observedAt),
    stale: reading.stale,
    ...(reading.waiting === null ? {} : { waiting: renderWaiting(reading.waiting) }),
  };
}

function renderReason({ code, message, nextAction, since, details }: Reason): JsonObject {
  return { code, message, next_action: nextAction, since: timeText(since), details };
}

function renderIncarnation(observed: ObservedInstance | null): Json {
  const live = liveIncarnation(observed);
  if (live === null) return null;
  return {
    id: live.id,
    run: live.run,
    state: live.state,
    state_generation: live.stateGeneration,
    started_at: live.startedAt === null ? null : timeText(live.startedAt),
  };
}

function renderCondition(condition: Condition): JsonObject {
  const { type, status, code, message, generation, since } = condition;
  return { type, status, code, message, generation, since: timeText(since) };
}

function renderMetrics({ metrics, observedAt: countedAt }: LiveMetrics, observedAt: TimeMs): Json {
  if (metrics === null) return null;
  return {
    cpu_usage: metrics.cpuUsage,
    memory_used_mib: metrics.memoryUsedMib,
    disk_read_bytes: metrics.diskReadBytes,
    disk_write_bytes: metrics.diskWriteBytes,
    net_rx_bytes: metrics.netRxBytes,
    net_tx_bytes: metrics.netTxBytes,
    // It was alive when it was last observed, which is later than when its counters were read.
    uptime_seconds: metrics.uptimeSeconds + Math.round((observedAt - countedAt) / 1_000),
  };
}

/** The root image where there is one, else the kernel: what the VM is made of. */
function renderImage(spec: VmReading['view']['record']['spec'], observed: ObservedInstance | null): Json {
  const url = spec.imageUrl ?? spec.kernel;
  const image = url === null ? undefined : observed?.images[url];
  if (image === undefined) return null;
  return { sha256: image.sha256, size_bytes: image.sizeBytes, resolved_at: timeText(image.resolvedAt) };
}

function renderRestart(view: VmReading['view'], observed: ObservedInstance | null): JsonObject {
  const nextAt = observed === null ? null : nextStartAt(view, observed);
  return {
    attempt: observed?.restart.attempt ?? 0,
    backing_off: nextAt !== null,
    next_at: nextAt === null ? null : timeText(nextAt),
  };
}

export function renderDrift(drift: Drift): JsonObject {
  const { field, desired, observed, cause, since, action, because } = drift;
  return { field, desired, observed, cause, since: timeText(since), action, because };
}

/** The one address a user-mode guest gets from its hypervisor. */
const userNetworkAddress = '10.0.2.15';

function renderAddresses(spec: VmReading['view']['record']['spec'], observed: ObservedInstance | null): Json {
  const live = liveIncarnation(observed);
  if (live === null || observed === null || live.startedAt === null) return [];
  return spec.nics.map((nic) => {
    const facts = observed.facts?.nics.find((candidate) => candidate.name === nic.name);
    const user = nic.network === 'user';
    return {
      nic: nic.name,
      ip: user ? userNetworkAddress : null,
      source: user ? 'user_network' : 'unknown',
      endpoints: (facts?.forwards ?? []).map((forward) => ({
        protocol: forward.protocol,
        host: forward.hostIp,
        port: forward.hostPort,
        guest_port: forward.guestPort,
      })),
    };
  });
}

function renderWaiting(waiting: Waiting): JsonObject {
  return {
    for: waiting.for,
    since: timeText(waiting.since),
    deadline: timeText(waiting.deadline),
    message: waiting.message,
  };
}
