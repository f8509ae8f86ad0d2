/** What an agent is made of, and its limits. */
import type { RuntimeKind } from '../core/instance/spec.ts';
import type { Clock } from '../ports/clock.ts';
import type { ControlLink } from '../ports/control-link.ts';
import type { HealthProber } from '../ports/health-prober.ts';
import type { Host } from '../ports/host.ts';
import type { Images } from '../ports/images.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Store } from '../ports/store.ts';

export interface AgentDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly link: ControlLink;
  readonly host: Pick<Host, 'bootId' | 'cores'>;
  /** By the kind a specification asks for. */
  readonly runtimes: Readonly<Partial<Record<RuntimeKind, Runtime>>>;
  readonly images: Images;
  /** Exclusively this agent's: nobody else writes to it. */
  readonly journal: Store;
  /** Null: this agent has no way to reach its guests, and says so of every check. */
  readonly prober: HealthProber | null;
}

/**
 * Policies for runtimes that no assignment names (spec §3). `adopt` offers them to the control plane. It and `destroy` act only
 * once the control plane has spoken.
 */
export const unknownInstancesPolicies = ['report', 'adopt', 'destroy'] as const;
export type UnknownInstances = (typeof unknownInstancesPolicies)[number];

export interface AgentConfig {
  readonly node: string;
  readonly agentVersion: string;
  readonly capacity: { readonly cpuCores: number; readonly memoryMib: number };
  readonly unknownInstances: UnknownInstances;
  /** The cluster to join although this node belongs to another; null = only its own (spec §3). */
  readonly joinCluster: string | null;
  /** A pass runs this often anyway (spec S18). */
  readonly passIntervalMs: number;
  /** Metrics are told this often (spec §9); the lease is renewed at the pace that the control plane asks for. */
  readonly metricsMs: number;
  /** Ports chosen for `host_port: 0`, both ends included. Below the ephemeral range, so that no outgoing connection takes one. */
  readonly hostPorts: { readonly first: number; readonly last: number };
}

export const defaultAgentConfig = {
  unknownInstances: 'report',
  joinCluster: null,
  passIntervalMs: 10_000,
  metricsMs: 30_000,
  hostPorts: { first: 20_000, last: 29_999 },
} as const satisfies Partial<AgentConfig>;

/** The log of a removed instance can be read this long: as long as the control plane knows the instance by its uid. */
export const keptLogMs = 86_400_000;

/** No verb waits for a monitor longer (spec F2). */
export const monitorTimeoutMs = 5_000;

/** A process must be there, its monitor answering, within this; the runtime has tighter limits of its own. */
export const spawnTimeoutMs = 60_000;

/** A kill waits this long for proof of death; memory of a large guest takes seconds to free. */
export const killTimeoutMs = 30_000;

/** Instances that fetch images or wait for a start slot at once; high, so that images that do not come hold up nobody else. */
export const preparingMax = 1_000;

/** A report that is not acknowledged in this time ends the session; the next one carries it again. */
export const reportTimeoutMs = 60_000;

/** Observations of a regular pass in flight at once: a probe is I/O, but replies must not pile up. */
export const passLooksMax = 32;

/** Up to this many instances a pass looks at every one; beyond it at a rotating tenth, events bring the rest. */
export const fullPassMax = 100;
export const passShare = 10;

/** Instances that a pass judges in a row, below a millisecond: what arrives meanwhile is not kept waiting by all of them. */
export const passSlice = 250;

/** Effects and findings in a row for one instance before the loop pauses until the next pass: only a defect needs more. */
export const stepsPerWakeMax = 24;

/** A full report is sent this often even when nothing changed (spec §9). */
export const fullReportMs = 300_000;

/** Events kept while the control plane is away; the oldest go first. */
export const eventsKept = 1_000;
