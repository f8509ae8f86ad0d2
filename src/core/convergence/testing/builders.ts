/** Builders for tests of readings: a VM placed on `node-1` with what was observed of it. */
import type { FailureReason } from '../../instance/failure-reason.ts';
import { aSpec, testUid } from '../../instance/testing/builders.ts';
import type { VmRecord } from '../../instance/vm-record.ts';
import { asIncarnationId } from '../../kit/brand.ts';
import type { StoredObservation } from '../../node/apply-report.ts';
import type { ObservedIncarnation, ObservedInstance } from '../../node/observation.ts';
import type { Placement } from '../../placement/placement.ts';
import type { Task } from '../../task/task.ts';
import type { ViewedNode, VmView } from '../vm-view.ts';

/** 2026-03-02T09:00:00.000Z */
export const testNow = Date.UTC(2026, 2, 2, 9, 0, 0);

export function aVmRecord(fields: Partial<VmRecord> = {}): VmRecord {
  return {
    uid: testUid,
    name: 'web-1',
    labels: {},
    annotations: {},
    description: null,
    managedBy: { source: 'api' },
    declared: { name: 'web-1', kernel: 'file:///images/vmlinuz', memory_mib: 128, nics: [] },
    spec: aSpec(),
    specHash: 'sha256:aa',
    desiredPhase: 'running',
    desiredPaused: false,
    run: 1,
    stopMode: 'graceful',
    generation: 1,
    generationAt: testNow - 60_000,
    createdAt: testNow - 60_000,
    updatedAt: testNow - 60_000,
    deletedAt: null,
    ...fields,
  };
}

export const aPlacement: Placement = {
  kind: 'placed',
  uid: testUid,
  node: 'node-1',
  number: 1,
  since: testNow - 59_000,
};

const aReadyNode: ViewedNode = {
  name: 'node-1',
  health: 'ready',
  healthSince: testNow - 600_000,
  awaySince: null,
};

/** Silent for this long. */
export const aNodeThatIs = (health: ViewedNode['health'], since: number): ViewedNode => ({
  ...aReadyNode,
  health,
  healthSince: since,
  awaySince: since,
});

export function anObservedIncarnation(fields: Partial<ObservedIncarnation> = {}): ObservedIncarnation {
  return {
    id: asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33'),
    run: 1,
    state: 'running',
    stateGeneration: 3,
    stateSince: testNow - 50_000,
    startedAt: testNow - 50_000,
    startedGeneration: 1,
    runningHash: 'sha256:aa',
    startedSpec: aSpec(),
    stopping: null,
    endCause: null,
    ...fields,
  };
}

/** Observed running and fully realised at generation 1. */
export function anObservation(fields: Partial<ObservedInstance> = {}): ObservedInstance {
  return {
    uid: testUid,
    placement: 1,
    seenGeneration: 1,
    observedGeneration: 1,
    incarnation: anObservedIncarnation(),
    everRan: true,
    guest: 'running',
    silentSince: null,
    facts: null,
    failure: null,
    operationError: null,
    history: [],
    restart: { attempt: 0, nextAt: null },
    runEnded: null,
    waiting: null,
    images: {},
    hostPorts: {},
    health: null,
    unready: [],
    ...fields,
  };
}

export function aStored(instance: ObservedInstance, appliedAt = testNow - 50_000): StoredObservation {
  return {
    node: 'node-1',
    session: 'session-1',
    sequence: 1,
    appliedAt,
    instance,
    marks: { realised: appliedAt, health: appliedAt, observedGeneration: appliedAt },
  };
}

/** `observed: null` = never reported. */
export function aView(
  record: Partial<VmRecord> = {},
  observed: Partial<ObservedInstance> | null = {},
  rest: Partial<VmView> = {},
): VmView {
  return {
    record: aVmRecord(record),
    removedAt: null,
    placement: aPlacement,
    observation: observed === null ? null : aStored(anObservation(observed)),
    node: aReadyNode,
    ...rest,
  };
}

export function aFailure(code: FailureReason['code'], message = 'It failed'): FailureReason {
  return { code, message, at: testNow - 10_000, details: {} };
}

export function aTask(fields: Partial<Task> = {}): Task {
  return {
    id: '0195a3cf-c6e0-7d52-a0f3-94be1c2d7e05',
    type: 'vm.create',
    status: 'pending',
    progress: 0,
    step: null,
    resource: { kind: 'VirtualMachine', name: 'web-1', uid: testUid },
    targetGeneration: 1,
    targetRun: 1,
    requestedBy: 'user:admin',
    idempotencyKey: null,
    error: null,
    attempts: 1,
    supersededBy: null,
    createdAt: testNow - 60_000,
    startedAt: null,
    finishedAt: null,
    deadline: testNow + 540_000,
    ...fields,
  };
}
