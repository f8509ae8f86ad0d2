import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVm } from '../convergence/reading.ts';
import { anObservedIncarnation, aTask, aView, testNow } from '../convergence/testing/builders.ts';
import type { VmView } from '../convergence/vm-view.ts';
import { someFacts } from '../instance/testing/builders.ts';
import type { TaskType } from './task.ts';
import { withStep } from './task-step.ts';

const live = anObservedIncarnation;
const ordered = { generation: 2, generationAt: testNow };

/** `stop 2/3` as a user reads it. */
function stepOf(type: TaskType, view: VmView): string {
  const { run: targetRun, generation: targetGeneration } = view.record;
  const task = aTask({ type, status: 'running', targetGeneration, targetRun });
  const { step } = withStep(task, readVm(view, testNow));
  return `${step?.name} ${(step?.index ?? 0) + 1}/${step?.count}`;
}

test('a change in place has no steps of a restart', () => {
  for (const type of ['vm.resize', 'vm.update'] as const) {
    assert.equal(stepOf(type, aView(ordered)), 'change 2/2', type);
    const paused = aView({ ...ordered, desiredPaused: true }, { incarnation: live({ state: 'paused' }) });
    assert.equal(stepOf(type, paused), 'change 2/2', type);
    const off = { incarnation: live({ state: 'destroyed', startedAt: null }) };
    assert.equal(stepOf(type, aView({ ...ordered, desiredPhase: 'stopped' }, off)), 'change 2/2', type);
  }
});

test('a restart is at its stop until a process of the new run is there, then at its boot', () => {
  const restart = { ...ordered, run: 2 };
  for (const type of ['vm.resize', 'vm.update', 'vm.reboot'] as const) {
    assert.equal(stepOf(type, aView(restart)), 'stop 2/3', type);
    const stopping = { stopping: { because: 'run_superseded', mode: 'graceful', killAt: testNow } } as const;
    assert.equal(stepOf(type, aView(restart, { incarnation: live({ state: 'stopping', ...stopping }) })), 'stop 2/3');
    assert.equal(stepOf(type, aView(restart, { incarnation: live({ state: 'destroyed' }) })), 'boot 3/3', type);
    const again = { incarnation: live({ run: 2, startedGeneration: 2 }) };
    assert.equal(stepOf(type, aView(restart, again)), 'boot 3/3', type);
  }
});

test('a restart that would end a process with lost disk files says so, and not that the node is waited for (S11)', () => {
  const facts = { ...someFacts(), lostFiles: [{ disk: 'root', how: 'gone' as const }] };
  const view = aView({ ...ordered, run: 2 }, { facts });
  const task = aTask({ type: 'vm.reboot', status: 'running', targetGeneration: 2, targetRun: 2 });
  const { step } = withStep(task, readVm(view, testNow));
  assert.match(step?.message ?? '', /file that is not in its place any more: disk "root" \(gone\)/);
});
