import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { failureCodes } from '../instance/failure-reason.ts';
import { isTransient, phases } from '../instance/phase.ts';
import { aSpec, someFacts } from '../instance/testing/builders.ts';
import type { JsonObject } from '../kit/json.ts';
import { decideTask } from '../task/decide-task.ts';
import type { TaskType } from '../task/task.ts';
import { explainVm } from './explain.ts';
import { convergencePercent } from './in-sync.ts';
import { readVm, type VmReading } from './reading.ts';
import { renderStatus } from './render-status.ts';
import { aFailure, anObservedIncarnation, aTask, aView, testNow } from './testing/builders.ts';
import { readingCases as cases, failed } from './testing/reading-cases.ts';
import type { VmView } from './vm-view.ts';

const goldenFile = new URL('./golden/reading.txt', import.meta.url);
const taskTypes: readonly TaskType[] = ['vm.create', 'vm.stop', 'vm.resize', 'vm.update', 'vm.delete'];

function render(name: string, reading: VmReading): readonly string[] {
  const { view, phase, reason, waiting: waiter, conditions, drift, inSync } = reading;
  const lines = [`${name}: ${phase}${inSync ? ', in sync' : ''}${reading.stale ? ', stale' : ''}`];
  if (reason !== null) lines.push(`  reason     ${reason.code}: ${reason.message} | ${reason.nextAction}`);
  if (waiter !== null)
    lines.push(`  waiting    ${waiter.for}: ${waiter.message} (${(waiter.deadline - testNow) / 1000} s)`);
  for (const { type, status, code, message } of conditions)
    lines.push(`  ${type.padEnd(11)}${status} ${code}: ${message}`);
  for (const entry of drift) {
    lines.push(
      `  drift      ${entry.field}: ${JSON.stringify(entry.observed)} → ${JSON.stringify(entry.desired)} ` +
        `${entry.cause}; ${entry.action}, because ${entry.because}`,
    );
  }
  const { generation, run } = view.record;
  for (const type of taskTypes) {
    const task = aTask({ type, status: 'running', targetGeneration: generation, targetRun: run });
    const decision = decideTask(task, reading, testNow);
    if (decision.kind !== 'none' && decision.kind !== 'progress') {
      lines.push(
        `  ${type.padEnd(11)}${decision.kind}${decision.kind === 'fail' ? `: ${decision.error.message}` : ''}`,
      );
    }
  }
  return lines;
}

test('readVm() and decideTask() give the golden reading of every case (S2b, S3, S11, S26, F1, F5)', () => {
  const lines = Object.entries(cases).flatMap(([name, view]) => render(name, readVm(view, testNow)));
  const text = `${lines.join('\n')}\n`;
  if (process.argv.includes('--update-golden')) writeFileSync(goldenFile, text);
  assert.equal(text, readFileSync(goldenFile, 'utf8'));
  for (const phase of phases) {
    assert.ok(
      Object.values(cases).some((view) => readVm(view, testNow).phase === phase),
      `no case reads ${phase}`,
    );
  }
});

test('reason is present exactly in pending, error and orphaned, waiting exactly in transient phases (F1)', () => {
  for (const [name, view] of Object.entries(cases)) {
    const reading = readVm(view, testNow);
    assert.equal(reading.reason !== null, ['pending', 'error', 'orphaned'].includes(reading.phase), name);
    assert.equal(reading.waiting !== null, isTransient(reading.phase), name);
    const status = renderStatus(reading, null);
    assert.equal('reason' in status, reading.reason !== null, name);
    assert.equal('waiting' in status, reading.waiting !== null, name);
  }
});

test('what is not in sync always says why: drift, reason, stale or a waiter (S11)', () => {
  for (const [name, view] of Object.entries(cases)) {
    const reading = readVm(view, testNow);
    if (reading.inSync || reading.phase === 'gone') continue;
    assert.ok(reading.drift.length > 0 || reading.reason !== null || reading.stale, name);
    assert.ok(explainVm(reading).lines.length > 0, name);
    for (const drift of reading.drift) assert.notDeepEqual(drift.desired, drift.observed, name);
  }
});

test('a restart that waits for a lost file of a disk is told as waiting for it, whatever else differs (S11, S20)', () => {
  for (const name of ['reboot held for a lost file', 'reboot held for a lost file, nothing else changed']) {
    const view = cases[name];
    assert.ok(view !== undefined);
    const reading = readVm(view, testNow);
    const held = reading.drift.find(({ field }) => field === 'run');
    assert.deepEqual(
      [held?.observed, held?.desired, held?.cause, held?.because],
      [1, 2, 'held', 'disk_file_lost'],
      name,
    );
    const { lines } = explainVm(reading);
    assert.ok(
      lines.some((line) =>
        line.startsWith('run is 1, wanted 2: waits for the lost file of a disk (held up: only its process'),
      ),
      name,
    );
  }
});

test('of a VM that is gone nothing is said that only one that is there can be: no conditions, nothing that is waited for', () => {
  const view = cases['gone'];
  assert.ok(view !== undefined);
  const reading = readVm(view, testNow);
  assert.deepEqual(reading.conditions, []);
  const { summary, lines } = explainVm(reading);
  assert.equal(summary, 'VM "web-1" is gone');
  assert.deepEqual(lines, ['Removed at 09:00:00 UTC; its record and history are kept for a while, by its uid']);
});

test('explain says each thing once (S20)', () => {
  for (const [name, view] of Object.entries(cases)) {
    const reading = readVm(view, testNow);
    const { lines } = explainVm(reading);
    for (const { type, status, message } of reading.conditions) {
      if (status === 'true') continue;
      const saying = lines.filter((line) => line.includes(message));
      assert.equal(saying.length, 1, `${name}, ${type}: ${saying.join(' | ')}`);
    }
  }
});

test('a failure that says itself what to do is told so, in place of what all of its code have in common (S20)', () => {
  const own = { ...aFailure('volume_unavailable'), details: { next_action: 'Declare another pool' } };
  const view = aView({}, { ...failed('volume_unavailable'), failure: { reason: own, generation: 1, run: 1 } });
  const { reason } = readVm(view, testNow);
  assert.match(reason?.nextAction ?? '', /^Declare another pool(; it is tried again by itself at .*)?$/);
  const standing = { ...aFailure('checksum_mismatch'), details: { next_action: 'Ask again' } };
  const stands = aView({}, { ...failed('checksum_mismatch'), failure: { reason: standing, generation: 1, run: 1 } });
  const decision = decideTask(aTask({ status: 'running' }), readVm(stands, testNow), testNow);
  assert.equal(decision.kind === 'fail' && decision.error.details?.['next_action'], 'Ask again');
});

test('explain says of a VM whose guest ended itself what brings it back, and of a deviation that it is only reported (S20)', () => {
  const off = cases['guest powered itself off (F5)'];
  const detected = cases['paused behind our back, detect'];
  assert.ok(off !== undefined && detected !== undefined);
  assert.ok(explainVm(readVm(off, testNow)).lines.includes("The guest powered itself off; 'start' brings it back"));
  assert.match(
    explainVm(readVm(detected, testNow)).lines.join('\n'),
    /: only reported \(.*drift_policy detect leaves it as it is\)/,
  );
});

test('no reading shows user_data, not even when it differs (spec §5)', () => {
  const view = cases['user_data changed, deferred'];
  assert.ok(view !== undefined);
  const reading = readVm(view, testNow);
  assert.equal(reading.drift[0]?.field, 'cloud_init');
  assert.ok(!JSON.stringify([renderStatus(reading, null), explainVm(reading)]).includes('s3cret'));
});

test('a status was observed when its newest part was, and shows no counters of a process that is over', () => {
  const counters = { ...someFacts().metrics, uptimeSeconds: 702 };
  const status = (view: VmView, observedAt: number) =>
    renderStatus(readVm(view, testNow), { metrics: counters, observedAt });
  const appliedAt = testNow - 50_000;
  assert.equal(status(aView(), appliedAt + 5_000)['observed_at'], new Date(appliedAt + 5_000).toISOString());
  assert.equal(status(aView(), appliedAt - 5_000)['observed_at'], new Date(appliedAt).toISOString());
  assert.equal(status(aView({}, failed('hypervisor_exited')), appliedAt)['metrics'], null);
});

test('what runs has run for as long as its status says when it was observed', () => {
  const live = { metrics: { ...someFacts().metrics, uptimeSeconds: 2 }, observedAt: testNow - 48_000 };
  const view = aView();
  const status = (appliedAt: number) => {
    const observation = view.observation && { ...view.observation, appliedAt };
    return renderStatus(readVm({ ...view, observation }, testNow), live) as Readonly<Record<string, JsonObject>>;
  };
  assert.equal(status(testNow - 50_000)['metrics']?.['uptime_seconds'], 2);
  const later = status(testNow - 8_000);
  assert.equal(later['metrics']?.['uptime_seconds'], 42);
  assert.equal(later['observed_at'] as unknown, new Date(testNow - 8_000).toISOString());
});

test('changesAt names the moment at which time alone makes another reading (spec §4 watch)', () => {
  for (const [name, view] of Object.entries(cases)) {
    const reading = readVm(view, testNow);
    if (reading.changesAt === null) continue;
    const before = renderStatus(readVm(view, reading.changesAt - 1), null);
    const after = renderStatus(readVm(view, reading.changesAt), null);
    assert.deepEqual(before, renderStatus(reading, null), `${name} changes earlier`);
    assert.notDeepEqual(after, before, `${name} does not change`);
  }
});

test('every failure code makes the phase error, with a next action', () => {
  for (const code of failureCodes) {
    const reading = readVm(aView({}, failed(code)), testNow);
    assert.equal(reading.phase, 'error');
    assert.equal(reading.reason?.code, code);
    assert.ok((reading.reason?.nextAction ?? '').length > 0);
  }
});

test('a change of a VM of which nothing lives comes with the next start by itself, and awaits a restart only where none comes', () => {
  const expected = { realisation_failed: 'change_propagating', hypervisor_exited: 'awaiting_restart' } as const;
  for (const [code, cause] of Object.entries(expected)) {
    const failure = { reason: aFailure(code as keyof typeof expected), generation: 1, run: 1 };
    const over = anObservedIncarnation({ state: 'failed', startedAt: null });
    const restart = { attempt: 1, nextAt: code === 'realisation_failed' ? testNow : null };
    const spec = aSpec({ memoryMib: 64, restartPolicy: 'never' });
    const observed = { failure, restart, incarnation: over, facts: null, seenGeneration: 2 };
    const { drift } = readVm(aView({ generation: 2, spec }, observed), testNow);
    assert.equal(drift.find(({ field }) => field === 'memory_mib')?.cause, cause, code);
  }
});

test('convergence is rounded down and an empty cluster is at 100 %', () => {
  assert.equal(convergencePercent(0, 0), 100);
  assert.equal(convergencePercent(199, 200), 99);
  assert.equal(convergencePercent(200, 200), 100);
});
