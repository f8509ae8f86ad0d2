/** The answers that the specification's examples print, where the world is as they say it was. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readVm } from '../core/convergence/reading.ts';
import { renderStatus } from '../core/convergence/render-status.ts';
import { aNodeThatIs, anObservation, aStored, aTask, aVmRecord } from '../core/convergence/testing/builders.ts';
import type { VmView } from '../core/convergence/vm-view.ts';
import { hypervisorExited } from '../core/instance/classify.ts';
import { anIncarnation, aSpec, someFacts, testProcess, testUid } from '../core/instance/testing/builders.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import { asIncarnationId } from '../core/kit/brand.ts';
import type { ObservationMarks } from '../core/node/apply-report.ts';
import type { ObservedIncarnation, ObservedInstance } from '../core/node/observation.ts';
import { applyTaskDecision, decideTask } from '../core/task/decide-task.ts';
import { withStep } from '../core/task/task-step.ts';
import { renderTask } from './render-task.ts';

const printed = JSON.parse(readFileSync(new URL('./golden/examples.json', import.meta.url), 'utf8'));

const at = (time: string): number => Date.parse(`2026-03-02T${time}Z`);
const hashOf = (digits: string): string => `sha256:${digits.repeat(16)}`;

const imageUrl = 'https://images.example.org/small-guest-12.qcow2';
const sha256 = '9f2b6c4e1d7a3058b4c9e6f10a2d3b5c7e8f90a1b2c3d4e5f60718293a4b5c6d';
const forward = { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8080, guestPort: 80 } as const;
const nics = [{ name: 'eth0', network: 'user', mac: '52:54:00:3d:5e:8a', forwards: [forward] }];
const aCheck = {
  name: 'http',
  probe: { kind: 'http', port: 80, path: '/' } as const,
  ...{ intervalSeconds: 10, timeoutSeconds: 2, retries: 3 },
};
const spec = aSpec({ cpuCores: 2, memoryMib: 512, imageUrl, imageSha256: sha256, nics, healthChecks: [aCheck] });
const larger = { ...spec, memoryMib: 1024 };

const id = asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33');
const incarnation: ObservedIncarnation = {
  ...{
    id,
    run: 1,
    state: 'running',
    stateGeneration: 3,
    stateSince: at('08:58:41.204'),
    startedAt: at('08:58:41.204'),
  },
  ...{ startedGeneration: 1, runningHash: hashOf('1c7e'), startedSpec: spec, stopping: null, endCause: null },
};
const counters = {
  ...{ cpuUsage: 0.03, memoryUsedMib: 141, diskReadBytes: 48_234_496, diskWriteBytes: 2_097_152 },
  ...{ netRxBytes: 18_211, netTxBytes: 90_417 },
};

const beforeChange = { spec, run: 1, generation: 4, generationAt: at('09:10:02.417') };
const changed = { spec: larger, run: 2, generation: 5, generationAt: at('09:14:05.121') };

function view(
  record: Partial<VmRecord>,
  observed: Partial<ObservedInstance>,
  appliedAt: number,
  since: string,
): VmView {
  const { metrics: _metrics, ...facts } = someFacts({
    cpuCores: 2,
    memoryMib: 512,
    memoryMaxMib: 512,
    nics,
    rootDiskBytes: 4 * 2 ** 30,
  });
  const instance = anObservation({
    ...{ seenGeneration: 4, observedGeneration: 4, incarnation, facts },
    images: { [imageUrl]: { sha256, sizeBytes: 18_455_552, resolvedAt: at('08:58:41.102') } },
    health: { passing: 1, total: 1, failing: [], unchecked: [] },
    ...observed,
  });
  const marks: ObservationMarks = {
    ...{ realised: at('08:58:41.150'), health: at(since), observedGeneration: at('09:10:02.500') },
  };
  return {
    record: aVmRecord({ ...record, specHash: hashOf(record.generation === 5 ? '8ab0' : '1c7e') }),
    removedAt: null,
    placement: { kind: 'placed', uid: testUid, node: 'node-1', number: 1, since: at('08:58:40.020') },
    observation: { ...aStored(instance, appliedAt), marks },
    node: { ...aNodeThatIs('ready', 0), awaySince: null },
  };
}

/** Asked to power off for the restart with more memory. */
const stopping: ObservedIncarnation = {
  ...incarnation,
  ...{ state: 'stopping', stateGeneration: 4, stateSince: at('09:14:05.133') },
  stopping: { because: 'run_superseded', mode: 'graceful', killAt: at('09:15:05.133') },
};
const propagating = view(
  changed,
  {
    ...{ seenGeneration: 5, incarnation: stopping },
    waiting: {
      ...{ for: 'guest_shutdown', since: at('09:14:05.133'), deadline: at('09:15:35.133') },
      message: 'ACPI power button sent; the process is killed at 09:15:05 if the guest does not power off',
    },
  },
  at('09:14:05.140'),
  '08:58:52.300',
);

test('the status of a VM in sync and of one that changes is what the examples print (examples b)', () => {
  const inSync = view(beforeChange, {}, at('09:10:02.500'), '08:58:52.300');
  const observedAt = at('09:10:23.004');
  const shown = renderStatus(readVm(inSync, observedAt), { metrics: { ...counters, uptimeSeconds: 702 }, observedAt });
  assert.deepEqual(shown, printed['in sync']);
  const now = at('09:14:05.140');
  const metrics = { ...counters, uptimeSeconds: 925 };
  assert.deepEqual(renderStatus(readVm(propagating, now), { metrics, observedAt: now }), printed['change propagating']);
});

test('the status of a VM that is killed again and again is what the examples print (examples b, S27)', () => {
  const died = anIncarnation(
    { kind: 'starting', process: testProcess },
    { id: asIncarnationId('0195a3d6-2f10-7a09-b7e4-0c9d5e61a8f4'), run: 2 },
  );
  const failedAt = at('09:21:07.310');
  const exit = { kind: 'signal', signal: 'SIGKILL' } as const;
  const reason = hypervisorExited(died, { life: 'dead', exit, oomKilled: true, stderrTail: [] }, failedAt);
  const failed = view(
    changed,
    {
      ...{ seenGeneration: 5, facts: null, failure: { reason, generation: 5, run: 2 } },
      incarnation: {
        ...{ ...incarnation, id: died.id, run: 2, state: 'failed', stateSince: failedAt, startedAt: null },
        startedSpec: larger,
      },
      ...{ guest: 'none', restart: { attempt: 5, nextAt: at('09:21:47.310') } },
    },
    at('09:21:07.322'),
    '09:21:07.310',
  );
  assert.deepEqual(renderStatus(readVm(failed, at('09:21:08.000')), null), printed.error);
});

test('a task that waits for a guest says for how long, and until when (examples c)', () => {
  const task = aTask({
    ...{ type: 'vm.resize', status: 'running', progress: 33, targetGeneration: 5, targetRun: 2 },
    ...{ idempotencyKey: 'resize-web-1-0302', createdAt: at('09:14:05.121'), startedAt: at('09:14:05.133') },
    deadline: at('09:24:05.121'),
  });
  const now = at('09:14:17.200');
  assert.deepEqual(renderTask(withStep(task, readVm(propagating, now), now)), printed['task under way']);
});

test('a task whose stop timed out says so in its step, and in its error what to do (examples c, S26)', () => {
  const message = 'Cannot stop VM "web-1": the guest did not power off within 60 s and stop.on_timeout is \'fail\'';
  const details = { grace_seconds: 60, process_alive: true };
  const reason = { code: 'stop_timeout', message, at: at('09:31:00.020'), details } as const;
  const stopped = { ...changed, desiredPhase: 'stopped', generation: 6 } as const;
  const operationError = { reason, incarnationId: id, generation: 6, retryAt: null, attempt: 1 };
  const timedOut = view(
    stopped,
    { seenGeneration: 6, operationError, incarnation: { ...incarnation, run: 2 } },
    at('09:31:00.020'),
    '08:58:52.300',
  );
  const task = aTask({
    ...{ id: '0195a3e0-11aa-7c07-9d3c-6b2f8e4a1d90', type: 'vm.stop', status: 'running', progress: 50 },
    ...{ targetGeneration: 6, targetRun: 2, createdAt: at('09:30:00.000'), startedAt: at('09:30:00.012') },
    deadline: at('09:31:30.000'),
  });
  const now = at('09:31:00.020');
  const reading = readVm(timedOut, now);
  const decision = decideTask(task, reading, now);
  assert.equal(decision.kind, 'fail');
  const failed = applyTaskDecision(withStep(task, reading, now), decision, now);
  assert.deepEqual(renderTask(failed), printed['task that failed']);
});
