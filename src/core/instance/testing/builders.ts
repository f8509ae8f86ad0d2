/** Builders for tests: a whole value with a few fields of interest. */
import { asIncarnationId, asUid } from '../../kit/brand.ts';
import type { DesiredVm } from '../desired.ts';
import type { GuestState, InstanceEvidence, VmFacts } from '../evidence.ts';
import type { Incarnation, IncarnationState } from '../incarnation.ts';
import type { ProcessProof } from '../process.ts';
import { type InstanceRecord, newRecord } from '../record.ts';
import type { VmSpec } from '../spec.ts';

export const testUid = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10');
export const testProcess: ProcessProof = { pid: 4242, startTime: 1000, bootId: 'boot-1' };
export const testHost = { bootId: 'boot-1' };

export function aSpec(fields: Partial<VmSpec> = {}): VmSpec {
  return {
    cpuCores: 1,
    memoryMib: 128,
    cpuCoresMax: null,
    memoryMaxMib: null,
    imageUrl: null,
    imageSha256: null,
    imageFormat: null,
    kernel: 'file:///images/vmlinuz',
    kernelSha256: null,
    initrd: null,
    initrdSha256: null,
    cmdline: 'console=ttyS0',
    diskGib: null,
    disks: [],
    nics: [],
    architecture: 'amd64',
    firmwareId: 'seabios',
    machine: 'q35',
    accel: 'auto',
    runtime: 'qemu',
    cloudInit: null,
    placement: { node: null, selector: {}, preferred: {}, affinityGroups: [] },
    restartPolicy: 'on_failure',
    nodeLossPolicy: 'pin',
    driftPolicy: 'correct',
    onUnresponsive: 'report',
    stop: { graceSeconds: 60, onTimeout: 'kill' },
    healthChecks: [],
    startAtBoot: true,
    bootOrder: 0,
    dependsOn: [],
    deletionProtection: false,
    ...fields,
  };
}

export function aDesired(fields: Partial<DesiredVm> = {}): DesiredVm {
  return {
    uid: testUid,
    name: 'web-1',
    generation: 1,
    placement: 1,
    desiredPhase: 'running',
    desiredPaused: false,
    run: 1,
    changeRuns: 0,
    stopMode: 'graceful',
    spec: aSpec(),
    specHash: 'sha256:aa',
    pinnedImages: {},
    ...fields,
  };
}

export function anIncarnation(state: IncarnationState, fields: Partial<Incarnation> = {}): Incarnation {
  return {
    id: asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33'),
    run: 1,
    state,
    stateGeneration: 3,
    stateSince: 0,
    started: { spec: aSpec(), specHash: 'sha256:aa', generation: 1 },
    ...fields,
  };
}

export function aRecord(fields: Partial<InstanceRecord> = {}): InstanceRecord {
  return { ...newRecord(testUid, 'web-1', 1), seenGeneration: 1, ...fields };
}

export const runningState: IncarnationState = { kind: 'running', process: testProcess, startedAt: 0 };

/** A record whose incarnation runs and whose generation is realised. */
export function aRunningRecord(fields: Partial<InstanceRecord> = {}): InstanceRecord {
  return aRecord({ incarnation: anIncarnation(runningState), everRan: true, observedGeneration: 1, ...fields });
}

export function someFacts(fields: Partial<VmFacts> = {}): VmFacts {
  return {
    cpuCores: 1,
    memoryMib: 128,
    cpuCoresMax: 1,
    memoryMaxMib: 128,
    memoryMinMib: 128,
    freePorts: 4,
    lostFiles: [],
    disks: [],
    rootDiskBytes: null,
    nics: [],
    accel: 'tcg',
    metrics: {
      cpuUsage: 0,
      memoryUsedMib: 0,
      diskReadBytes: 0,
      diskWriteBytes: 0,
      netRxBytes: 0,
      netTxBytes: 0,
      uptimeSeconds: 0,
    },
    ...fields,
  };
}

/** Evidence of a live process whose guest is in `state`. */
export function alive(state: GuestState, facts: VmFacts | null = someFacts()): InstanceEvidence {
  return {
    process: { life: 'alive', proof: testProcess },
    monitor: { kind: 'answered', state },
    facts,
    stray: null,
    leftovers: true,
    health: null,
    artefacts: null,
    silentSeenSince: null,
  };
}

/** Evidence of a live process whose monitor does not answer. */
export const silent: InstanceEvidence = {
  process: { life: 'alive', proof: testProcess },
  monitor: { kind: 'silent', because: 'no answer within 5000 ms' },
  facts: null,
  stray: null,
  leftovers: true,
  health: null,
  artefacts: null,
  silentSeenSince: 0,
};

/** Evidence of a proven death by SIGKILL. */
export const killed: InstanceEvidence = {
  process: { life: 'dead', exit: { kind: 'signal', signal: 'SIGKILL' }, oomKilled: false, stderrTail: [] },
  monitor: { kind: 'not_asked' },
  facts: null,
  stray: null,
  leftovers: true,
  health: null,
  artefacts: null,
  silentSeenSince: null,
};

/** Nothing of the instance is on the host. */
export const nothingThere: InstanceEvidence = {
  process: { life: 'none' },
  monitor: { kind: 'not_asked' },
  facts: null,
  stray: null,
  leftovers: false,
  health: null,
  artefacts: null,
  silentSeenSince: null,
};
