import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVm } from '../convergence/reading.ts';
import {
  anObservation,
  anObservedIncarnation,
  aPlacement,
  aStored,
  aView,
  testNow,
} from '../convergence/testing/builders.ts';
import { aSpec, someFacts } from '../instance/testing/builders.ts';
import { asIncarnationId } from '../kit/brand.ts';
import { applyObservation, isRealised } from './apply-report.ts';
import type { ObservedHealth, ObservedInstance } from './observation.ts';

const origin = { node: 'node-1', session: 'session-1', sequence: 2 };
const stored = aStored(anObservation());
const changed = anObservation({ seenGeneration: 2 });

test('applyObservation() ignores older placements, sequences and state generations (S31)', () => {
  const because = (result: ReturnType<typeof applyObservation>) =>
    result.kind === 'ignored' ? result.because : result.kind;
  const apply = (instance = changed, from = origin, placement: typeof aPlacement | null = aPlacement) =>
    because(applyObservation(stored, instance, from, placement, testNow));
  assert.equal(apply(), 'applied');
  assert.equal(apply(changed, origin, null), 'not_placed_here');
  assert.equal(apply(changed, { ...origin, node: 'node-2' }), 'not_placed_here');
  assert.equal(apply({ ...changed, placement: 0 }), 'older_placement');
  assert.equal(apply({ ...changed, placement: 2 }), 'newer_placement');
  assert.equal(apply(changed, { ...origin, sequence: 0 }), 'older_sequence');
  assert.equal(apply(changed, { ...origin, sequence: 1 }), 'applied', 'what a synchronous verb brought back');
  assert.equal(apply(changed, { ...origin, session: 'session-2', sequence: 1 }), 'applied');
  const older = { ...changed, incarnation: anObservedIncarnation({ stateGeneration: 2, state: 'starting' }) };
  assert.equal(apply(older), 'older_state_generation');
  const next = { ...older.incarnation, id: asIncarnationId('0195a3c1-9d02-7b60-8c11-000000000002') };
  assert.equal(apply({ ...older, incarnation: next }), 'applied', 'another incarnation counts anew');
});

test('an observation that says nothing new is no change, and generations are high-water marks (S2b)', () => {
  assert.equal(applyObservation(stored, anObservation(), origin, aPlacement, testNow).kind, 'unchanged');
  const back = applyObservation(
    stored,
    anObservation({ seenGeneration: 0, observedGeneration: 0, everRan: false }),
    origin,
    aPlacement,
    testNow,
  );
  assert.ok(back.kind === 'applied');
  assert.equal(back.row.instance.seenGeneration, 1);
  assert.equal(back.row.instance.observedGeneration, 1);
});

test('an agent that was started anew takes back nothing that a monitor had proved before it has asked one itself (F2, S11)', () => {
  const started = aSpec({ memoryMib: 128, memoryMaxMib: 512 });
  const incarnation = anObservedIncarnation({ startedSpec: started, runningHash: 'sha256:grown' });
  const grown = anObservation({ incarnation, facts: { ...someFacts(), memoryMib: 256, memoryMaxMib: 512 } });
  const silent = { ...incarnation, runningHash: 'sha256:started' };
  const unasked = anObservation({ incarnation: silent, facts: null, guest: 'silent' });
  const apply = (incoming: ObservedInstance): ObservedInstance => {
    const session = { ...origin, session: 'session-2', sequence: 1 };
    const applied = applyObservation(aStored(grown), incoming, session, aPlacement, testNow);
    return applied.kind === 'applied' ? applied.row.instance : grown;
  };
  const seen = apply(unasked);
  assert.deepEqual([seen.facts, seen.incarnation?.runningHash], [grown.facts, 'sha256:grown']);
  const view = aView({ spec: { ...started, memoryMib: 256 } }, seen);
  assert.deepEqual(readVm(view, testNow).drift, [], 'it runs with the memory that is wanted');
  const next = { ...silent, id: asIncarnationId('0195a3c1-9d02-7b60-8c11-000000000002') };
  assert.equal(apply({ ...unasked, incarnation: next }).facts, null, 'of another process nothing is proved');
  assert.equal(
    apply({ ...unasked, incarnation: { ...silent, state: 'destroyed' } }).facts,
    null,
    'nor of one that ended',
  );
});

test('what ran before is not realised while its disk or image is gone, and is again once it runs', () => {
  const reason = { code: 'volume_unavailable' as const, message: 'gone', at: testNow, details: {} };
  const failure = { reason, generation: 1, run: 1 };
  const failed = anObservedIncarnation({ state: 'failed' });
  assert.equal(isRealised(anObservation({ everRan: true, incarnation: failed, failure })), false);
  const crashed = { ...failure, reason: { ...reason, code: 'hypervisor_exited' as const } };
  assert.equal(isRealised(anObservation({ everRan: true, incarnation: failed, failure: crashed })), true);
  assert.equal(isRealised(anObservation({ everRan: true, failure })), true, 'it lives');
  const ended = anObservedIncarnation({ state: 'destroyed' });
  const unready = [{ what: 'disk_gone', name: 'root' }] as const;
  assert.equal(isRealised(anObservation({ everRan: true, incarnation: ended, unready })), false);
  assert.equal(isRealised(anObservation({ everRan: true, incarnation: ended })), true);
  const creating = anObservedIncarnation({ state: 'creating' });
  assert.equal(isRealised(anObservation({ everRan: true, incarnation: creating })), false, 'it is being made anew');
  const starting = anObservedIncarnation({ state: 'starting' });
  const waiting = { for: 'image_download', since: testNow, deadline: testNow + 1, message: '' } as const;
  const fetches = anObservation({ incarnation: starting, waiting });
  assert.equal(
    isRealised(fetches),
    false,
    'as an agent tells of one that is being made: creating is told as starting (S33)',
  );
  const spawns = { ...waiting, for: 'hypervisor_monitor' } as const;
  assert.equal(isRealised(anObservation({ incarnation: starting, waiting: spawns })), true);
  assert.equal(isRealised(anObservation({ waiting })), false, 'a newer run is fetched for');
  const operationError = { reason, incarnationId: null, generation: 1, retryAt: null, attempt: 1 };
  assert.equal(isRealised(anObservation({ operationError })), false, 'and could not be had');
  const facts = { ...someFacts(), lostFiles: [{ disk: 'root', how: 'gone' as const }] };
  assert.equal(isRealised(anObservation({ facts })), false, 'the file is not in its place');
});

test('condition healthy is as it is since its answer changed: a boot whose checks never passed is unhealthy from its limit on', () => {
  const check = { name: 'http', probe: { kind: 'tcp', port: 80 } as const };
  const spec = aSpec({ healthChecks: [{ ...check, intervalSeconds: 10, timeoutSeconds: 2, retries: 3 }] });
  const health = { passing: 0, total: 1, failing: [], unchecked: [] };
  let row = aStored(anObservation({ health }), testNow);
  const healthyAfter = (ms: number, change: Partial<ObservedHealth>) => {
    const instance = anObservation({ health: { ...health, ...change } });
    const result = applyObservation(row, instance, { ...origin, sequence: ms }, aPlacement, testNow + ms);
    if (result.kind === 'applied') row = result.row;
    const { conditions } = readVm({ ...aView({ spec }), observation: row }, testNow + ms);
    const { status, code, since } = conditions.find(({ type }) => type === 'healthy') ?? assert.fail();
    return `${status} ${code} since ${since - testNow}`;
  };
  assert.equal(healthyAfter(10, {}), 'unknown starting since 0');
  assert.equal(healthyAfter(20, { failing: ['http'] }), 'false failing since 20');
  assert.equal(healthyAfter(30, { passing: 1 }), 'true all_passing since 30');
  assert.equal(healthyAfter(40, { passing: 1 }), 'true all_passing since 30');
});

test('what differs although nobody ordered it differs since it was seen to, and is in sync since it was seen right again (S11)', () => {
  const spec = aSpec({ driftPolicy: 'detect' });
  const whole = someFacts();
  let row = aStored(anObservation({ facts: whole }), testNow);
  const after = (ms: number, memoryMib: number) => {
    const instance = anObservation({ facts: { ...someFacts(), memoryMib } });
    const result = applyObservation(row, instance, { ...origin, sequence: ms }, aPlacement, testNow + ms);
    if (result.kind === 'applied') row = result.row;
    const { conditions, drift } = readVm({ ...aView({ spec }), observation: row }, testNow + ms);
    const { code, since } = conditions.find(({ type }) => type === 'converged') ?? assert.fail();
    return [code, since - testNow, ...drift.map((each) => `${each.field} since ${each.since - testNow}`)];
  };
  assert.deepEqual(after(10, whole.memoryMib - 32), ['drift_detect_only', 10, 'memory_mib since 10']);
  assert.deepEqual(after(20, whole.memoryMib - 32), ['drift_detect_only', 10, 'memory_mib since 10']);
  assert.deepEqual(after(30, whole.memoryMib), ['in_sync', 30]);
});
