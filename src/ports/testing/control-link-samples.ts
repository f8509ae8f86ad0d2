/** Builders and doubles for the contract suite of control links: both sides of a connection, recording what they hear. */
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import { asIncarnationId, asUid, type Uid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import { type Assignment, type AssignmentRevision, isNewer } from '../../core/node/assignment.ts';
import type { ObservedIncarnation, ObservedInstance } from '../../core/node/observation.ts';
import type { ConsoleViewer, ControlService, NodeHello, NodeReport, NodeService } from '../control-link.ts';

export const aHello = (): NodeHello => ({
  node: 'n1',
  clusterId: null,
  session: 's-1',
  agentVersion: '0.1.0',
  bootId: 'boot-1',
  capacity: { cpuCores: 8, memoryMib: 16_384 },
  runtimes: [{ kind: 'qemu', version: '7.2.0', accel: 'tcg', accelBecause: 'KVM probe: guest hung after 2000 ms' }],
});

export function aSpec(overrides: Partial<VmSpec> = {}): VmSpec {
  return {
    cpuCores: 1,
    memoryMib: 512,
    cpuCoresMax: null,
    memoryMaxMib: 2048,
    imageUrl: 'https://images.example.org/a.qcow2',
    imageSha256: null,
    imageFormat: 'qcow2',
    kernel: null,
    kernelSha256: null,
    initrd: null,
    initrdSha256: null,
    cmdline: null,
    diskGib: 4,
    disks: [{ name: 'data', sizeGib: 2, pool: 'default', ephemeral: false, readOnly: false }],
    nics: [
      {
        name: 'eth0',
        network: 'user',
        mac: '52:54:00:3d:5e:8a',
        forwards: [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 0, guestPort: 80 }],
      },
    ],
    architecture: 'amd64',
    firmwareId: 'seabios',
    machine: 'q35',
    accel: 'auto',
    runtime: 'qemu',
    cloudInit: {
      userData: '#cloud-config\n',
      networkConfig: null,
      sshAuthorizedKeys: ['ssh-ed25519 A'],
      hostname: 'a',
    },
    placement: { node: null, selector: { zone: 'a' }, preferred: {}, affinityGroups: ['g'] },
    restartPolicy: 'on_failure',
    nodeLossPolicy: 'pin',
    driftPolicy: 'correct',
    onUnresponsive: 'report',
    stop: { graceSeconds: 60, onTimeout: 'kill' },
    healthChecks: [
      {
        name: 'web',
        probe: { kind: 'http', port: 80, path: '/' },
        intervalSeconds: 10,
        timeoutSeconds: 2,
        retries: 3,
      },
    ],
    startAtBoot: true,
    bootOrder: 0,
    dependsOn: [],
    deletionProtection: false,
    ...overrides,
  };
}

const numbered = (n: number) => asUid(`0195a3c1-7a44-7c1e-9b1f-${String(n).padStart(12, '0')}`);

/** The n-th instance; each has a body of its own. */
export const aDesired = (n: number, overrides: Partial<DesiredVm> = {}): DesiredVm => ({
  uid: numbered(n),
  name: `vm-${n}`,
  generation: 1,
  placement: 1,
  desiredPhase: 'running',
  desiredPaused: false,
  run: 1,
  changeRuns: 0,
  stopMode: 'graceful',
  spec: aSpec({ memoryMib: 256 + n }),
  specHash: `sha256:${String(n).padStart(64, '0')}`,
  pinnedImages: { 'https://images.example.org/a.qcow2': 'a'.repeat(64) },
  ...overrides,
});

export const anAssignment = (revision: number, instances: readonly DesiredVm[]): Assignment => ({
  clusterId: 'cluster-1',
  at: { epoch: 1, revision },
  instances,
});

const at = Date.UTC(2026, 2, 2, 9, 0, 0);

export function anIncarnation(overrides: Partial<ObservedIncarnation> = {}): ObservedIncarnation {
  return {
    id: asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33'),
    run: 1,
    state: 'running',
    stateGeneration: 3,
    stateSince: at,
    startedAt: at - 1_000,
    startedGeneration: 1,
    runningHash: 'sha256:1c7e',
    startedSpec: aSpec(),
    stopping: null,
    endCause: null,
    ...overrides,
  };
}

export function anObservation(uid: Uid, guest: ObservedInstance['guest']): ObservedInstance {
  const reason = { code: 'stop_timeout', message: 'Cannot stop VM "a"', at, details: { grace_seconds: 60 } } as const;
  return {
    uid,
    placement: 1,
    seenGeneration: 3,
    observedGeneration: 2,
    incarnation: anIncarnation({
      state: 'stopping',
      stopping: { because: 'user_stop', mode: 'graceful', killAt: at + 60_000 },
    }),
    everRan: true,
    guest,
    silentSince: null,
    facts: null,
    failure: { reason, generation: 2, run: 1 },
    operationError: {
      reason,
      incarnationId: asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33'),
      generation: 2,
      retryAt: null,
      attempt: 1,
    },
    history: [reason],
    restart: { attempt: 2, nextAt: at + 5_000 },
    runEnded: { run: 1, cause: 'guest_power_off', at },
    waiting: { for: 'guest_shutdown', since: at, deadline: at + 90_000, message: 'ACPI power button sent' },
    images: {
      'https://images.example.org/a.qcow2': { sha256: 'a'.repeat(64), sizeBytes: 5_000_000_000, resolvedAt: at },
    },
    hostPorts: { 'eth0/tcp:127.0.0.1:80': 20_001 },
    health: { passing: 0, total: 2, failing: ['web'], unchecked: [{ name: 'cmd', because: 'no guest agent' }] },
    unready: [{ what: 'disk_gone', name: 'root' }],
  };
}

export const aReport = (sequence: number): NodeReport => ({
  session: 's-1',
  sequence,
  sentAt: at,
  seen: { epoch: 1, revision: 7 },
  full: true,
  instances: [anObservation(numbered(1), 'running'), anObservation(numbered(2), 'none')],
  metrics: [
    {
      uid: numbered(1),
      metrics: {
        cpuUsage: 0.25,
        memoryUsedMib: 141,
        diskReadBytes: 48_234_496_000,
        diskWriteBytes: 1,
        netRxBytes: 2,
        netTxBytes: 3,
        uptimeSeconds: 702,
      },
      observedAt: at,
    },
    { uid: numbered(2), metrics: null, observedAt: at },
  ],
  removed: [numbered(9)],
  unassigned: [
    { uid: numbered(8), name: null, state: 'leftover', order: null },
    { uid: numbered(7), name: 'vm-7', state: 'running', order: aDesired(7) },
  ],
  events: [{ at, uid: null, code: 'adopted', message: 'Adopted 2 instances' }],
});

const refuse = (what: string) => async (): Promise<never> => {
  throw new Fault('not_running', `Cannot ${what}: the double does not`, { retry: 'never' });
};

export const aNode = (overrides: Partial<NodeService> = {}): NodeService => ({
  converge: async (uid) => anObservation(uid, 'running'),
  reset: refuse('reset'),
  openConsole: refuse('open the console'),
  readLog: refuse('read the log'),
  ...overrides,
});

/** A node with one guest whose serial line is the test. */
export function aConsoleNode() {
  const incarnationId = asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33');
  const guest = {
    incarnationId,
    viewers: [] as ConsoleViewer[],
    typed: [] as number[],
    closed: 0,
    historyBytes: 4_000,
  };
  const openConsole: NodeService['openConsole'] = async (_uid, _scrollback, viewer) => {
    guest.viewers.push(viewer);
    return {
      incarnationId,
      historyBytes: guest.historyBytes,
      write: async (bytes) => {
        guest.typed.push(...bytes);
      },
      close: () => {
        guest.closed += 1;
      },
    };
  };
  return Object.assign(guest, { node: aNode({ openConsole }) });
}

export type Plane = ReturnType<typeof createPlane>;

/** A control plane that records what it hears and says what the test tells it to. */
export function createPlane() {
  let current: Assignment | null = null;
  let latest: NodeService | null = null;
  let endLatest: (reason: string) => void = () => undefined;
  const waiting = new Set<() => void>();
  const plane = {
    hellos: [] as NodeHello[],
    pulls: [] as (AssignmentRevision | null)[],
    reports: [] as NodeReport[],
    abortedPulls: 0,
    closedSessions: 0,
    refuseConnect: null as Fault | null,
    refuseReports: null as Fault | null,
    service: { connect } as ControlService,
    publish(next: Assignment): void {
      current = next;
      for (const wake of waiting) wake();
      waiting.clear();
    },
    endSession: (reason: string) => endLatest(reason),
    node(): NodeService {
      if (latest === null) throw new Error('no node has connected');
      return latest;
    },
  };

  async function connect(...[hello, node]: Parameters<ControlService['connect']>) {
    if (plane.refuseConnect !== null) throw plane.refuseConnect;
    plane.hellos.push(hello);
    latest = node;
    let end: (reason: string) => void = () => undefined;
    const closed = new Promise<string>((resolve) => {
      end = resolve;
    });
    endLatest = end;
    let open = true;
    return {
      clusterId: 'cluster-1',
      heartbeatMs: 30_000,
      getAssignment,
      report: async (report: NodeReport) => {
        if (plane.refuseReports !== null) throw plane.refuseReports;
        plane.reports.push(report);
      },
      closed,
      close: () => {
        if (!open) return;
        open = false;
        plane.closedSessions += 1;
        end('closed by the link');
      },
    };
  }

  async function getAssignment(lastSeen: AssignmentRevision | null, signal: AbortSignal): Promise<Assignment> {
    plane.pulls.push(lastSeen);
    for (;;) {
      if (current !== null && isNewer(current.at, lastSeen)) return current;
      await new Promise<void>((resolve, reject) => {
        waiting.add(resolve);
        signal.addEventListener('abort', () => {
          waiting.delete(resolve);
          plane.abortedPulls += 1;
          reject(signal.reason);
        });
      });
    }
  }
  return plane;
}

/** Gives the event loop turns until the condition holds; the test's own time limit ends a wait that never will. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve));
}
