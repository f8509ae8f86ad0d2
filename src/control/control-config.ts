/** What the control plane is made of, and its limits, each with its reason. */
import type { Architecture } from '../core/instance/spec.ts';
import { type NodeTimes, nodeTimes } from '../core/node/node-health.ts';
import { type CapacityLimits, defaultCapacityLimits } from '../core/placement/resources.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Store } from '../ports/store.ts';

export interface ControlDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ControlConfig {
  /** Architecture of VMs that name none. */
  readonly architecture: Architecture;
  /** How often an agent sends at least an empty report: a third of the lease (spec §9). */
  readonly heartbeatMs: number;
  readonly nodeTimes: NodeTimes;
  readonly capacity: CapacityLimits;
  readonly retention: RetentionLimits;
}

/** How much history is kept; the sweeper takes the oldest first. */
export interface RetentionLimits {
  readonly eventsMax: number;
  readonly eventAgeMs: number;
  readonly finishedTasksMax: number;
  readonly finishedTaskAgeMs: number;
  /** Removed VMs stay readable by uid this long. */
  readonly goneAgeMs: number;
  readonly goneMax: number;
  /** Spec §4: 24 h. */
  readonly idempotencyAgeMs: number;
  readonly idempotencyMax: number;
}

const dayMs = 86_400_000;

export const defaultControlConfig: ControlConfig = {
  architecture: 'amd64',
  heartbeatMs: 10_000,
  nodeTimes,
  capacity: defaultCapacityLimits,
  retention: {
    eventsMax: 20_000,
    eventAgeMs: 7 * dayMs,
    finishedTasksMax: 10_000,
    finishedTaskAgeMs: 7 * dayMs,
    goneAgeMs: dayMs,
    goneMax: 10_000,
    idempotencyAgeMs: dayMs,
    idempotencyMax: 50_000,
  },
};

/** A verb that lost its compare-and-set this often is told `conflict`: more means that writers starve each other. */
export const commitAttemptsMax = 16;

/** No verb waits for a node longer (spec F2). */
export const nodeCallMs = 5_000;

/** Rows changed by one commit of a background loop: keeps batches short for the requests beside it. */
export const loopBatchRows = 500;

/** Instances of a full report applied between two turns of the event loop. */
export const ingestSlice = 200;
