import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVm, type VmReading } from '../convergence/reading.ts';
import {
  aFailure,
  aNodeThatIs,
  anObservedIncarnation,
  aTask,
  aView,
  testNow,
} from '../convergence/testing/builders.ts';
import type { VmView } from '../convergence/vm-view.ts';
import { aSpec, someFacts } from '../instance/testing/builders.ts';
import type { VmRecord } from '../instance/vm-record.ts';
import type { ObservedInstance } from '../node/observation.ts';
import { applyTaskDecision, decideTask } from './decide-task.ts';
import type { TaskType } from './task.ts';
import { withStep } from './task-step.ts';

const live = anObservedIncarnation;
const ordered = { generation: 2, generationAt: testNow };

/** A VM whose node holds the newest order. */
const aSeen = (record: Partial<VmRecord>, observed: Partial<ObservedInstance> = {}): VmView =>
  aView(record, { seenGeneration: record.generation ?? 1, ...observed });

/** `stop 2/3` as a user reads it. */
function stepOf(type: TaskType, view: VmView): string {
  const { run: targetRun, generation: targetGeneration } = view.record;
  const task = aTask({ type, status: 'running', targetGeneration, targetRun });
  const { step } = withStep(task, readVm(view, testNow), testNow);
  return `${step?.name} ${(step?.index ?? 0) + 1}/${step?.count}`;
}

test('a change in place has no steps of a restart', () => {
  for (const type of ['vm.resize', 'vm.update'] as const) {
    assert.equal(stepOf(type, aSeen(ordered)), 'change 2/2', type);
    const paused = aSeen({ ...ordered, desiredPaused: true }, { incarnation: live({ state: 'paused' }) });
    assert.equal(stepOf(type, paused), 'change 2/2', type);
    const off = { incarnation: live({ state: 'destroyed', startedAt: null }) };
    assert.equal(stepOf(type, aSeen({ ...ordered, desiredPhase: 'stopped' }, off)), 'change 2/2', type);
  }
});

test('an order that its node has not heard of waits for the node, whatever the guest does meanwhile', () => {
  const message = (type: TaskType, view: VmView): string | undefined => {
    const task = aTask({ type, status: 'running', targetGeneration: 2, targetRun: 1 });
    return withStep(task, readVm(view, testNow), testNow).step?.message;
  };
  const unheard = 'Node node-1 has not taken the order up yet';
  assert.equal(message('vm.stop', aView({ ...ordered, desiredPhase: 'stopped' })), unheard);
  assert.equal(message('vm.update', aView(ordered)), unheard);
  assert.equal(message('vm.create', aView({ ...ordered, desiredPhase: 'stopped' }, null)), unheard, 'nor of the VM');
  const away = aView({ ...ordered, desiredPhase: 'stopped' }, {}, { node: aNodeThatIs('unreachable', testNow) });
  assert.equal(message('vm.stop', away), 'Node node-1 is not connected');
});

test('a change that is being made says what differs yet: a guest may take a minute to give its memory back', () => {
  const spec = aSpec({ memoryMib: 256, memoryMaxMib: 512 });
  const started = live({ startedSpec: aSpec({ memoryMib: 512, memoryMaxMib: 512 }) });
  const facts = { ...someFacts(), memoryMib: 384, memoryMinMib: 32, memoryMaxMib: 512 };
  const task = aTask({ type: 'vm.resize', status: 'running', targetGeneration: 2, targetRun: 1 });
  const message = (view: VmView): string | undefined => withStep(task, readVm(view, testNow), testNow).step?.message;
  const changing = aSeen({ ...ordered, spec }, { facts, incarnation: started });
  assert.equal(message(changing), 'memory_mib is 384, wanted 256: changing in place');
  const made = aSeen({ ...ordered, spec }, { facts: { ...facts, memoryMib: 256 }, incarnation: started });
  assert.equal(message(made), 'Waiting for the node to report the change as real');
});

test('a restart is accepted until what runs is to end for it, then at its stop until that has ended, then at its boot', () => {
  const restart = { ...ordered, run: 2 };
  for (const type of ['vm.resize', 'vm.update', 'vm.reboot'] as const) {
    assert.equal(stepOf(type, aSeen(restart)), 'accept 1/3', type);
    const fetching = { for: 'image_download', since: testNow, deadline: testNow + 1, message: 'Fetching' } as const;
    assert.equal(stepOf(type, aSeen(restart, { seenGeneration: 2, waiting: fetching })), 'accept 1/3', type);
    const paused = { incarnation: live({ state: 'paused' }) };
    assert.equal(stepOf(type, aSeen({ ...restart, desiredPaused: true }, paused)), 'accept 1/3', type);
    const stopping = { stopping: { because: 'run_superseded', mode: 'graceful', killAt: testNow } } as const;
    assert.equal(stepOf(type, aSeen(restart, { incarnation: live({ state: 'stopping', ...stopping }) })), 'stop 2/3');
    assert.equal(stepOf(type, aSeen(restart, { incarnation: live({ state: 'destroyed' }) })), 'boot 3/3', type);
    const again = { incarnation: live({ run: 2, startedGeneration: 2 }) };
    assert.equal(stepOf(type, aSeen(restart, again)), 'boot 3/3', type);
    const failure = { reason: aFailure('image_unavailable'), generation: 2, run: 2 };
    const failed = { failure, incarnation: live({ run: 2, state: 'failed', startedAt: null }) };
    assert.equal(stepOf(type, aSeen(restart, failed)), 'boot 3/3', type);
  }
});

test('what failed of an older order is not the step of a newer one: its node has not taken it up, or is about to (S26)', () => {
  const message = (type: TaskType, view: VmView): string | undefined => {
    const { run: targetRun, generation: targetGeneration } = view.record;
    const task = aTask({ type, status: 'running', targetGeneration, targetRun });
    return withStep(task, readVm(view, testNow), testNow).step?.message;
  };
  const error = { ...{ reason: aFailure('stop_timeout'), incarnationId: null }, retryAt: null, attempt: 1 };
  const timedOut = { operationError: { ...error, generation: 2 } };
  const older = { ...ordered, generation: 3 };
  for (const [type, desiredPhase] of [['vm.start', 'running'] as const, ['vm.stop', 'stopped'] as const]) {
    const record = { ...older, desiredPhase };
    assert.equal(message(type, aView(record, timedOut)), 'Node node-1 has not taken the order up yet');
    assert.equal(message(type, aSeen(record, timedOut)), 'Node node-1 has taken the order up');
  }
  const again = { ...older, desiredPhase: 'stopped' } as const;
  assert.equal(
    message('vm.stop', aSeen(again, { operationError: { ...error, generation: 3 } })),
    'The guest did not power off',
    'its own failure is',
  );
  const crashed = { failure: { reason: aFailure('hypervisor_exited'), generation: 2, run: 1 }, everRan: true };
  const over = { ...crashed, incarnation: live({ state: 'failed', startedAt: null }) };
  assert.equal(message('vm.start', aView({ ...older, run: 2 }, over)), 'Node node-1 has not taken the order up yet');
  const policy = { ...older, spec: aSpec({ restartPolicy: 'never' }) };
  assert.equal(message('vm.update', aSeen(policy, over)), 'It failed', 'one that the newer order leaves as it is too');
});

test('a change of a VM that never ran has the steps of its start: while it is fetched nothing boots', () => {
  const waits = (what: 'image_download' | 'hypervisor_monitor') =>
    ({ waiting: { for: what, since: testNow, deadline: testNow + 1, message: 'On its way' } }) as const;
  const never = { everRan: false, observedGeneration: 0 };
  const begun = { ...never, incarnation: live({ run: 2, state: 'creating', startedAt: null, startedGeneration: 2 }) };
  const failure = { reason: aFailure('image_unavailable'), generation: 2, run: 2 };
  for (const type of ['vm.resize', 'vm.update', 'vm.reboot'] as const) {
    const step = (observed: Partial<ObservedInstance>) => stepOf(type, aSeen({ ...ordered, run: 2 }, observed));
    assert.equal(step({ ...begun, ...waits('image_download') }), 'prepare 2/3', type);
    assert.equal(step({ ...begun, ...waits('hypervisor_monitor') }), 'boot 3/3', type);
    assert.equal(
      step({ ...never, failure, incarnation: live({ state: 'failed', startedAt: null }) }),
      'prepare 2/3',
      type,
    );
    const gone = { incarnation: live({ run: 2, state: 'creating', startedAt: null, startedGeneration: 2 }) };
    assert.equal(step({ ...gone, ...waits('image_download') }), 'prepare 2/3', `${type} of one whose images are gone`);
  }
});

test('the progress of a task never falls, and is written down where it grows (spec §4)', () => {
  const spawning = { for: 'hypervisor_monitor', since: testNow, deadline: testNow + 1, message: 'Starting' } as const;
  const creating = { incarnation: live({ state: 'starting', startedAt: null }), everRan: false, observedGeneration: 0 };
  const failure = { reason: aFailure('hypervisor_spawn_failed'), generation: 1, run: 1 };
  const booting = readVm(aView({}, { ...creating, waiting: spawning }), testNow);
  const failedAgain = readVm(aView({}, { ...creating, failure, incarnation: live({ state: 'failed' }) }), testNow);
  let task = aTask();
  const look = (reading: VmReading) => {
    task = applyTaskDecision(task, decideTask(task, reading, testNow), testNow);
    assert.deepEqual(decideTask(task, reading, testNow), { kind: 'none' }, 'a second look writes nothing');
    const shown = withStep(task, reading, testNow);
    return `${shown.progress} %, ${shown.step?.name}`;
  };
  assert.equal(look(readVm(aView({}, null), testNow)), '0 %, place');
  assert.equal(look(booting), '66 %, boot');
  assert.equal(look(failedAgain), '66 %, prepare');
  assert.equal(look(booting), '66 %, boot');
  const { progress } = applyTaskDecision(task, decideTask(task, readVm(aView(), testNow), testNow), testNow);
  assert.equal(progress, 100);
});

test('a task that fails before its row said how far it has come ends with the progress of the step that it failed in', () => {
  const failure = { reason: aFailure('checksum_mismatch'), generation: 1, run: 1 };
  const incarnation = live({ state: 'failed', startedAt: null });
  const reading = readVm(aView({}, { failure, incarnation, everRan: false, observedGeneration: 0 }), testNow);
  const task = withStep(aTask(), reading, testNow);
  const { status, step, progress } = applyTaskDecision(task, decideTask(task, reading, testNow), testNow);
  assert.deepEqual([status, step?.name, progress], ['failed', 'prepare', 33]);
});

test('a task is at the step that the VM is at, whether its row says already that it has begun or not', () => {
  const fetching = { for: 'image_download', since: testNow, deadline: testNow + 1, message: 'Fetching' } as const;
  const creating = { incarnation: live({ state: 'starting', startedAt: null }), everRan: false, observedGeneration: 0 };
  const view = aView({}, { ...creating, waiting: fetching });
  for (const status of ['pending', 'running'] as const) {
    const { step } = withStep(aTask({ status }), readVm(view, testNow), testNow);
    assert.deepEqual([step?.name, step?.message], ['prepare', 'Fetching'], status);
  }
  const unseen = aView({ generation: 2, run: 2 });
  const task = aTask({ type: 'vm.reboot', targetGeneration: 2, targetRun: 2 });
  assert.equal(withStep(task, readVm(unseen, testNow), testNow).step?.name, 'accept');
});

test('a step is shown with its own progress, also before the row of the task says how far it has come', () => {
  const spawning = { for: 'hypervisor_monitor', since: testNow, deadline: testNow + 1, message: 'Starting' } as const;
  const creating = { incarnation: live({ state: 'starting', startedAt: null }), everRan: false, observedGeneration: 0 };
  const shown = withStep(aTask(), readVm(aView({}, { ...creating, waiting: spawning }), testNow), testNow);
  assert.deepEqual([shown.step?.name, shown.progress], ['boot', 66]);
});

test('a restart that would end a process with lost disk files says so, and not that the node is waited for (S11)', () => {
  const facts = { ...someFacts(), lostFiles: [{ disk: 'root', how: 'gone' as const }] };
  const view = aView({ ...ordered, run: 2 }, { facts });
  const task = aTask({ type: 'vm.reboot', status: 'running', targetGeneration: 2, targetRun: 2 });
  const { step } = withStep(task, readVm(view, testNow), testNow);
  assert.match(step?.message ?? '', /file that is not in its place any more: disk "root" \(gone\)/);
});
