import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readVm } from '../convergence/reading.ts';
import { aFailure, aTask, aView, testNow } from '../convergence/testing/builders.ts';
import { failureCodes, failureKinds } from '../instance/failure-reason.ts';
import { aSpec } from '../instance/testing/builders.ts';
import { decideTask, supersedes } from './decide-task.ts';
import type { TaskStatus, TaskType } from './task.ts';
import { taskTimeMs } from './task-words.ts';
import { isCancellable, undoVerb } from './undo-words.ts';

const goldenFile = new URL('./golden/tasks.txt', import.meta.url);

/** The compiler asks for each. */
const types = Object.keys({
  'vm.create': 0,
  'vm.delete': 0,
  'vm.start': 0,
  'vm.stop': 0,
  'vm.poweroff': 0,
  'vm.reboot': 0,
  'vm.resize': 0,
  'vm.update': 0,
} satisfies Record<TaskType, 0>) as TaskType[];

test('what each task supersedes, how long it may take and how it is undone are golden (spec §4, F1)', () => {
  const text = types
    .map((type) => {
      const older = types.filter((old) => supersedes(type, old));
      const cancels = [false, true].map((ran) => (isCancellable(aTask({ type }), ran) ? 'yes' : 'no'));
      return [
        type,
        `  supersedes   ${older.join(' ') || 'nothing'}`,
        `  may take     ${taskTimeMs(type, aSpec()) / 1000} s, with 300 s of grace ${
          taskTimeMs(type, aSpec({ stop: { graceSeconds: 300, onTimeout: 'kill' } })) / 1000
        } s`,
        `  cancellable  before the first boot ${cancels[0]}, after it ${cancels[1]}; undone by ${undoVerb(type) ?? 'nothing'}`,
        '',
      ].join('\n');
    })
    .join('');
  if (process.argv.includes('--update-golden')) writeFileSync(goldenFile, text);
  assert.equal(text, readFileSync(goldenFile, 'utf8'));
});

test('a task fails at once on a failure that is not tried again later, and on no other (spec §4)', () => {
  for (const code of failureCodes) {
    const view = aView({}, { failure: { reason: aFailure(code), generation: 1, run: 1 }, incarnation: null });
    const { kind } = decideTask(aTask(), readVm(view, testNow), testNow);
    assert.equal(kind === 'fail', failureKinds[code].retry !== 'later', code);
  }
});

test('a failure of an older generation does not fail the task of a newer one', () => {
  const failure = { reason: aFailure('checksum_mismatch'), generation: 1, run: 1 };
  const reading = readVm(aView({ generation: 2 }, { failure, incarnation: null }), testNow);
  assert.equal(decideTask(aTask({ type: 'vm.update', targetGeneration: 2 }), reading, testNow).kind, 'none');
});

test('a task fails at once where nothing is tried for its order, though what failed is older (spec §4)', () => {
  const failure = { reason: aFailure('hypervisor_exited'), generation: 1, run: 1 };
  const task = aTask({ type: 'vm.update', targetGeneration: 2 });
  const decided = (policy: 'never' | 'on_failure', seenGeneration: number) => {
    const record = { generation: 2, spec: aSpec({ restartPolicy: policy }) };
    const restart = { attempt: 1, nextAt: policy === 'never' ? null : testNow + 4_000 };
    const view = aView(record, { seenGeneration, failure, restart, incarnation: null });
    return decideTask(task, readVm(view, testNow), testNow).kind;
  };
  assert.equal(decided('never', 2), 'fail');
  assert.equal(decided('never', 1), 'none', 'the node has not seen the order');
  assert.equal(decided('on_failure', 2), 'begin', 'its next start brings the change');
});

test('a finished task never reopens, whatever is read', () => {
  for (const status of ['success', 'failed', 'cancelled', 'superseded'] satisfies TaskStatus[]) {
    for (const reading of [null, readVm(aView(), testNow)]) {
      assert.deepEqual(decideTask(aTask({ status }), reading, testNow + 3_600_000), { kind: 'none' });
    }
  }
});
