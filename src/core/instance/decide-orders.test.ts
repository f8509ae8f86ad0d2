/** What one order, one run or one incarnation is told of says nothing of another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asIncarnationId } from '../kit/brand.ts';
import { applyChange } from './apply-change.ts';
import { classify } from './classify.ts';
import { decide } from './decide.ts';
import { decidePreemption, type EffectInFlight } from './decide-preemption.ts';
import type { Decision } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceEvidence } from './evidence.ts';
import type { IncarnationState } from './incarnation.ts';
import type { InstanceRecord } from './record.ts';
import { unknownHash } from './running-spec.ts';
import {
  aDesired,
  alive,
  anIncarnation,
  aRunningRecord,
  aSpec,
  nothingThere,
  runningState,
  silent,
  testHost,
  testProcess,
} from './testing/builders.ts';

const now = 1_000_000;

const decided = (desired: DesiredVm, record: InstanceRecord, evidence: InstanceEvidence): Decision =>
  decide({ desired, record, situation: classify(record, evidence, { ...testHost, now }), now });

const whatOf = ({ action, because }: Decision): string =>
  `${action.kind === 'record' ? action.change.kind : action.kind}, because ${because}`;

const condemned: IncarnationState = {
  ...{ kind: 'stopping', process: testProcess, startedAt: 0, mode: 'graceful', because: 'user_stop' },
  ...{ killAt: now, askedAt: now - 1_000, graceOver: false, failure: null },
};
const reasonOf = (code: 'stop_timeout' | 'health_check_failed') =>
  ({ code, message: 'm', at: 0, details: {} }) as const;

test('stop.on_timeout fail protects a guest from the stop of its user, and from nothing else (S26, F1)', () => {
  const record = aRunningRecord({ incarnation: anIncarnation(condemned) });
  const spec = aSpec({ stop: { graceSeconds: 60, onTimeout: 'fail' } });
  const at = (fields: Partial<DesiredVm>) =>
    whatOf(decided(aDesired({ generation: 2, spec, ...fields }), record, alive('running')));
  assert.equal(at({ desiredPhase: 'stopped' }), 'stop_failed, because grace_over');
  assert.equal(at({ desiredPhase: 'deleted' }), 'grace_over, because grace_over');
  assert.equal(at({ desiredPhase: 'released' }), 'grace_over, because grace_over');
  assert.equal(at({ run: 2 }), 'grace_over, because grace_over');
});

test('a stop that failed stands for its order and its incarnation: another stop, or another guest, is asked (S26)', () => {
  const stop = aDesired({ generation: 2, desiredPhase: 'stopped' });
  const failed = (generation: number, incarnationId = anIncarnation(runningState).id) =>
    aRunningRecord({
      operationError: { reason: reasonOf('stop_timeout'), incarnationId, generation, retryAt: null, attempt: 1 },
    });
  assert.equal(whatOf(decided(stop, failed(2), alive('running'))), 'none, because stop_failed_stands');
  assert.equal(whatOf(decided(stop, failed(1), alive('running'))), 'stop, because user_stop');
  const another = asIncarnationId('0195a3c1-9d02-7b60-8c11-000000000000');
  assert.equal(whatOf(decided(stop, failed(2, another), alive('running'))), 'stop, because user_stop');
});

test('a guest is not stopped for artefacts that were fetched for another order or an earlier run (ADR 14)', () => {
  const images = { 'file:///images/vmlinuz': { sha256: 'ab', sizeBytes: 1, resolvedAt: 0 } };
  const record = aRunningRecord({
    ...{ incarnation: anIncarnation(runningState, { run: 2 }), guestStateMet: 3, observedGeneration: 2, images },
  });
  const fetched = (run: number, specHash: string): InstanceEvidence => ({
    ...alive('running'),
    artefacts: { run, specHash, generation: run, state: { kind: 'fetched', images } },
  });
  const reboot = aDesired({ generation: 3, run: 3 });
  assert.equal(whatOf(decided(reboot, record, fetched(3, reboot.specHash))), 'stop, because run_superseded');
  assert.equal(whatOf(decided(reboot, record, fetched(2, reboot.specHash))), 'fetch, because run_superseded');
  assert.equal(whatOf(decided(reboot, record, fetched(3, 'sha256:bb'))), 'fetch, because run_superseded');
});

test('an adopted guest of which nobody knows what it was started from is not kept for a change that was taken back', () => {
  const changed = aDesired({ generation: 2, run: 2, changeRuns: 1 });
  const startedFrom = (specHash: string) =>
    aRunningRecord({
      incarnation: anIncarnation(runningState, { started: { spec: aSpec(), specHash, generation: 1 } }),
    });
  assert.equal(
    whatOf(decided(changed, startedFrom('sha256:aa'), alive('running'))),
    'run_kept, because change_taken_back',
  );
  assert.notEqual(decided(changed, startedFrom(unknownHash), alive('running')).because, 'change_taken_back');
});

test('a silence that this agent has not seen itself ends no guest (F2)', () => {
  const record = aRunningRecord({ silentSince: now - 3_600_000, silenceTold: true });
  const desired = aDesired({ spec: aSpec({ onUnresponsive: 'restart' }) });
  const seenFor = (ms: number | null): string =>
    decided(desired, record, { ...silent, silentSeenSince: ms === null ? null : now - ms }).action.kind;
  assert.deepEqual([seenFor(null), seenFor(299_999), seenFor(300_000)], ['none', 'none', 'stop']);
});

test('a host reboot over a guest that was condemned for its health is one: start_at_boot decides (F5)', () => {
  const rebooted = (failure: ReturnType<typeof reasonOf> | null) => {
    const process = { ...testProcess, bootId: 'boot-0' };
    const because = failure === null ? 'user_stop' : 'unhealthy';
    const record = aRunningRecord({ incarnation: anIncarnation({ ...condemned, process, because, failure }) });
    const desired = aDesired({ spec: aSpec({ startAtBoot: false }) });
    const { action } = decided(desired, record, nothingThere);
    assert.ok(action.kind === 'record');
    return applyChange(record, desired, action.change, { now, chance: 0.5 }).runEnded?.cause ?? null;
  };
  assert.equal(rebooted(reasonOf('health_check_failed')), 'host_reboot');
  assert.equal(rebooted(null), null, 'one that was condemned by its user was stopped');
});

test('decidePreemption() gives up what nobody wants any more, and nothing else (S4)', () => {
  const effect = (kind: EffectInFlight['kind']): EffectInFlight => ({ kind, run: 1, specHash: 'sha256:aa' });
  const over = (desired: Partial<DesiredVm>) =>
    (['start', 'fetch', 'update', 'stop', 'kill'] as const).filter((kind) =>
      decidePreemption(effect(kind), aDesired(desired)),
    );
  assert.deepEqual(over({ generation: 2 }), []);
  assert.deepEqual(over({ desiredPhase: 'stopped' }), ['start', 'fetch', 'update']);
  assert.deepEqual(over({ desiredPhase: 'deleted' }), ['start', 'fetch', 'update']);
  assert.deepEqual(over({ specHash: 'sha256:bb' }), ['start', 'fetch']);
  assert.deepEqual(over({ run: 2 }), ['start'], 'what is fetched is for that run too');
});
