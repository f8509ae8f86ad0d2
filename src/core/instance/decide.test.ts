import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { applyChange } from './apply-change.ts';
import { classify } from './classify.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceEvidence } from './evidence.ts';
import type { InstanceRecord } from './record.ts';
import { alive, aRecord, aRunningRecord, silent, testHost } from './testing/builders.ts';
import { cases, desireds, now, paused } from './testing/decide-cases.ts';

const goldenFile = new URL('./golden/decide.txt', import.meta.url);

function decideCase(desired: DesiredVm | null, record: InstanceRecord | null, evidence: InstanceEvidence): Decision {
  return decide({ desired, record, situation: classify(record, evidence, { ...testHost, now }), now });
}

function renderDecision(decision: Decision): string {
  const { action } = decision;
  const what = action.kind === 'record' ? `record ${action.change.kind}` : action.kind;
  const mode = action.kind === 'stop' ? ` ${action.mode} in ${(action.killAt - now) / 1000} s` : '';
  const fields = action.kind === 'update' ? ` ${action.fields.join()}` : '';
  const wake = decision.wakeAt === null ? '' : ` (look again in ${(decision.wakeAt - now) / 1000} s)`;
  return `${what}${mode}${fields}, because ${decision.because}${wake}`;
}

test('decide() gives the golden answer for every desired state in every situation (S4, S16)', () => {
  const lines: string[] = [];
  for (const [situation, [record, evidence]] of Object.entries(cases)) {
    lines.push(`${situation}`);
    for (const [name, desired] of Object.entries(desireds)) {
      lines.push(`  ${name.padEnd(36)}${renderDecision(decideCase(desired, record, evidence))}`);
    }
  }
  const text = `${lines.join('\n')}\n`;
  if (process.argv.includes('--update-golden')) writeFileSync(goldenFile, text);
  assert.equal(text, readFileSync(goldenFile, 'utf8'));
});

test('decide() reaches a decision without journal changes within 4 rounds in every case (S8)', () => {
  for (const [situation, [start, evidence]] of Object.entries(cases)) {
    for (const [name, desired] of Object.entries(desireds)) {
      let record = start ?? aRecord();
      let rounds = 0;
      while (desired !== null) {
        const { action } = decideCase(desired, record, evidence);
        if (action.kind !== 'record') break;
        record = applyChange(record, desired, action.change, { now, chance: 0.5 });
        rounds += 1;
        assert.ok(rounds <= 4, `${situation} / ${name} goes on journaling: ${action.change.kind}`);
      }
    }
  }
});

test('decide() never acts on an inconclusive probe, whatever is wanted (F2)', () => {
  for (const desired of Object.values(desireds)) {
    const decision = decideCase(desired, aRunningRecord(), {
      ...silent,
      process: { life: 'inconclusive', because: 'x' },
    });
    assert.equal(decision.action.kind, 'none');
  }
});

test('decide() under drift_policy detect leaves alone who was paused by hand while an order is held up, and goes on with the order (S11)', () => {
  const because = (situation: string, desired: string): string => {
    const [record, evidence] = cases[situation] ?? assert.fail(situation);
    return renderDecision(decideCase(desireds[desired] ?? null, record, evidence));
  };
  const unfetchable = 'paused behind our back while artefacts of run 2 are not to be had';
  assert.equal(because(unfetchable, 'running, run 2'), 'resume, because out_of_band');
  assert.equal(
    because(unfetchable, 'running, run 2, drift detect'),
    'none, because operation_failed (look again in 2 s)',
  );
  assert.equal(because('the same, next try due', 'running, run 2, drift detect'), 'fetch, because run_superseded');
  const inPlace = 'paused behind our back while a change in place does not come';
  assert.equal(because(inPlace, 'running, changed, drift detect'), 'update memory_mib, because change_in_place');
  const come = 'paused behind our back when the change in place had come';
  assert.equal(
    because(come, 'running, changed, drift detect'),
    'none, because drift_detect_only',
    'not realised (S2b)',
  );
});

test('decide() carries out the first of an order on a guest that was paused by hand before, under any drift_policy (S11)', () => {
  const record = aRunningRecord({ incarnation: paused, guestStateMet: 1 });
  for (const name of ['running, changed, drift detect', 'running, run 2, drift detect']) {
    assert.equal(
      renderDecision(decideCase(desireds[name] ?? null, record, alive('paused'))),
      'resume, because resumed_by_user',
    );
  }
});

test('decide() writes down what a guest does by other hands while a stop of it that timed out stands, and does no more (S26)', () => {
  const [record] = cases['running with an operation error'] ?? assert.fail();
  assert.ok(record !== null);
  const stopped = desireds['stopped, on timeout fail'] ?? null;
  const found = decideCase(stopped, record, alive('paused'));
  assert.equal(renderDecision(found), 'record guest_state, because out_of_band');
  const told = { ...record, incarnation: paused };
  assert.equal(renderDecision(decideCase(stopped, told, alive('paused'))), 'none, because stop_failed_stands');
  assert.equal(renderDecision(decideCase(stopped, told, alive('running'))), 'record guest_state, because out_of_band');
});

test('decide() spares a process that only a policy condemned, once a disk file was taken from under it (S11)', () => {
  const of = (situation: string, desired: string): string => {
    const [record, evidence] = cases[situation] ?? assert.fail(situation);
    return renderDecision(decideCase(desireds[desired] ?? null, record, evidence));
  };
  for (const end of ['grace over', 'powered off']) {
    const situation = `condemned for its health, a disk file was removed, ${end}`;
    assert.equal(of(situation, 'running'), 'record spared, because disk_file_lost');
    assert.match(of(situation, 'deleted'), /^(kill|stop forced)/);
  }
  assert.equal(
    of('condemned by its user, a disk file was removed, grace over', 'running'),
    'record grace_over, because grace_over',
  );
});

test('decide() never starts or resumes anything while stopped is wanted (F5)', () => {
  for (const [record, evidence] of Object.values(cases)) {
    for (const name of ['stopped', 'powered off', 'deleted', 'released']) {
      const decision = decideCase(desireds[name] ?? null, record, evidence);
      assert.notEqual(decision.action.kind, 'start');
      const condemned = record?.incarnation?.state.kind === 'stopping';
      if (!condemned) assert.notEqual(decision.action.kind, 'resume');
    }
  }
});

test('decide() leaves an instance alone that no assignment names (absence never destroys)', () => {
  for (const [record, evidence] of Object.values(cases)) {
    assert.equal(decideCase(null, record, evidence).action.kind, 'none');
  }
});
