/**
 * The link between a node's agent and the control plane. The agent dials; the control plane never does (spec S19).
 * For the synchronous verbs, consoles and logs the agent hands over a `NodeService` capability, so a node needs no
 * listening port. Implementations: `loopback` (simulation, tests), `capnp` (Cap'n Proto over a unix socket or
 * TLS). Both pass `control-link.contract.ts`.
 */
import type { IncarnationId, TimeMs, Uid } from '../core/kit/brand.ts';
import type { Assignment, AssignmentRevision } from '../core/node/assignment.ts';
import type { InstanceMetrics, ObservedInstance, UnassignedRuntime } from '../core/node/observation.ts';

/** What an agent says of itself when it connects. */
export interface NodeHello {
  readonly node: string;
  /** Null before the first connection ever: the agent then adopts the cluster's id for life. */
  readonly clusterId: string | null;
  /** Fresh for each connection; a second live session of one node is refused (`node_in_use`). */
  readonly session: string;
  readonly agentVersion: string;
  readonly bootId: string;
  readonly capacity: { readonly cpuCores: number; readonly memoryMib: number };
  readonly runtimes: readonly {
    readonly kind: string;
    readonly version: string;
    readonly accel: string;
    readonly accelBecause: string;
  }[];
}

/** One report. Applied at most once, by (session, sequence); an older one is ignored (S31). */
export interface NodeReport {
  readonly session: string;
  readonly sequence: number;
  readonly sentAt: TimeMs;
  /** The newest assignment the node holds, journaled. */
  readonly seen: AssignmentRevision | null;
  /** `full`: `instances` is every instance of the node, so absence means the node does not know it. */
  readonly full: boolean;
  /** Instances whose observation changed (all of them when `full`). */
  readonly instances: readonly ObservedInstance[];
  readonly metrics: readonly InstanceMetrics[];
  /** Uids of deleted or released instances of which nothing is left. Repeated until the entry leaves the assignment. */
  readonly removed: readonly Uid[];
  readonly unassigned: readonly UnassignedRuntime[];
  /** Things worth telling a user, oldest first. */
  readonly events: readonly NodeEvent[];
}

/** Most events of one report: what is above it the control plane drops, and counts. */
export const reportEventsMax = 200;

export interface NodeEvent {
  readonly at: TimeMs;
  readonly uid: Uid | null;
  readonly code: string;
  readonly message: string;
}

/** The agent's side, called by the control plane over the agent's own connection. Every call has a deadline of the caller. */
export interface NodeService {
  /**
   * Makes the instance true up to `generation` now, as far as it can be done without waiting for the guest, and
   * answers with what is then observed. The same pass does it as always (one path per effect); this only waits
   * for it. Faults: `no_such_instance`, `unreadable_order`.
   */
  converge(uid: Uid, generation: number, signal: AbortSignal): Promise<ObservedInstance>;
  /** One `system_reset`, never retried. Faults: `not_running`, `monitor_failed`. */
  reset(uid: Uid, signal: AbortSignal): Promise<ObservedInstance>;
  /** Opens the serial console. Faults: `not_running`. */
  openConsole(uid: Uid, scrollbackBytes: number, viewer: ConsoleViewer, signal: AbortSignal): Promise<ConsoleSession>;
  /** The last bytes of the serial log, also of a stopped instance. */
  readLog(uid: Uid, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface ConsoleViewer {
  /** Resolves when the viewer can take more; the node skips output for a viewer that is too far behind. */
  data(bytes: Uint8Array): Promise<void>;
  closed(because: string): void;
}

export interface ConsoleSession {
  readonly incarnationId: IncarnationId;
  /** That many bytes of the log come first; what follows them is live. 0 also where an older node does not say. */
  readonly historyBytes: number;
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/**
 * What the control plane offers to agents. `signal` is about the call to `connect` alone. When the connection is lost the
 * link calls `close()` on the session; when the session's `closed` settles first, the link ends the connection with its
 * reason. A call to the `NodeService` of a lost connection fails with `node_unreachable` (nothing was sent) or
 * `outcome_unknown` (it was in flight); a call to the `ControlSession` fails with `server_unreachable`.
 */
export interface ControlService {
  /** Faults: `node_in_use`, `wrong_cluster`, `node_removed`. */
  connect(hello: NodeHello, node: NodeService, signal: AbortSignal): Promise<ControlSession>;
}

export interface ControlSession {
  readonly clusterId: string;
  /** How often the agent reports at least, if only to renew its lease. */
  readonly heartbeatMs: number;
  /** Hangs until there is an assignment newer than `lastSeen`. Whole sets; bodies already sent in this session are not sent again. */
  getAssignment(lastSeen: AssignmentRevision | null, signal: AbortSignal): Promise<Assignment>;
  /** Resolves once the report is durable. */
  report(report: NodeReport, signal: AbortSignal): Promise<void>;
  /** Settles (never rejects) when the connection is gone, with the reason. */
  readonly closed: Promise<string>;
  close(): void;
}

/** The agent's way to the control plane: dials once. Fault `server_unreachable` (retry later). */
export interface ControlLink {
  connect(hello: NodeHello, node: NodeService, signal: AbortSignal): Promise<ControlSession>;
}
