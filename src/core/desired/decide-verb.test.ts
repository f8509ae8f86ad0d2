import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVm } from '../convergence/reading.ts';
import { aFailure, aNodeThatIs, anObservedIncarnation, aView, testNow } from '../convergence/testing/builders.ts';
import type { VmView } from '../convergence/vm-view.ts';
import { type AsyncVerb, decidePause, decideVerb, type PauseVerb, type VerbDecision } from './decide-verb.ts';

const live = anObservedIncarnation;
const ended = live({ state: 'destroyed', startedAt: null });
const stopTimeout = {
  operationError: { reason: aFailure('stop_timeout'), incarnationId: null, generation: 2, retryAt: null, attempt: 1 },
};
const crashed = {
  failure: { reason: aFailure('hypervisor_exited'), generation: 1, run: 1 },
  incarnation: live({ state: 'failed', startedAt: null }),
};
const toStop = { generation: 2, desiredPhase: 'stopped' } as const;

const views: Readonly<Record<string, VmView>> = {
  'never reported': aView({}, null),
  starting: aView({}, { incarnation: live({ state: 'starting', startedAt: null }), everRan: false }),
  running: aView(),
  paused: aView({ desiredPaused: true }, { incarnation: live({ state: 'paused' }) }),
  'paused behind our back': aView({}, { incarnation: live({ state: 'paused' }) }),
  'stop not seen yet': aView(toStop),
  stopping: aView(toStop, { seenGeneration: 2, incarnation: live({ state: 'stopping' }) }),
  stopped: aView(toStop, { seenGeneration: 2, observedGeneration: 2, incarnation: ended }),
  'stop timed out': aView(toStop, { seenGeneration: 2, ...stopTimeout }),
  'guest powered off': aView({}, { incarnation: ended, runEnded: { run: 1, cause: 'guest_power_off', at: testNow } }),
  crashed: aView({}, crashed),
  'next run not to be had': aView(
    { generation: 2, run: 2 },
    {
      seenGeneration: 2,
      operationError: {
        ...{ reason: aFailure('checksum_mismatch'), incarnationId: null },
        ...{ generation: 2, retryAt: null, attempt: 1 },
      },
    },
  ),
  'powered off, backing off under always': aView(
    {},
    { incarnation: ended, restart: { attempt: 3, nextAt: testNow + 40_000 } },
  ),
};

function word(decision: VerbDecision): string {
  switch (decision.kind) {
    case 'change': {
      const { desiredPhase, desiredPaused, run, stopMode } = decision.change;
      const parts = [desiredPhase, desiredPaused === true ? 'paused' : null, run === undefined ? null : `run ${run}`];
      return `+1 ${parts.filter((part) => part !== null && part !== undefined).join(', ')} ${stopMode ?? ''}`.trim();
    }
    case 'already':
      return decision.reached ? 'done' : 'under way';
    default:
      return decision.code;
  }
}

/** start, stop, poweroff, reboot, pause, resume. */
const expected: Readonly<Record<string, readonly string[]>> = {
  'never reported': [
    'under way',
    '+1 stopped graceful',
    '+1 stopped forced',
    '+1 run 2 graceful',
    'not_running',
    'not_running',
  ],
  starting: [
    'under way',
    '+1 stopped graceful',
    '+1 stopped forced',
    '+1 run 2 graceful',
    'not_running',
    'not_running',
  ],
  running: ['done', '+1 stopped graceful', '+1 stopped forced', '+1 run 2 graceful', '+1 paused', 'done'],
  paused: ['+1 running graceful', '+1 stopped graceful', '+1 stopped forced', '+1 run 2 graceful', 'done', '+1'],
  'paused behind our back': [
    'under way',
    '+1 stopped graceful',
    '+1 stopped forced',
    '+1 run 2 graceful',
    '+1 paused',
    '+1',
  ],
  'stop not seen yet': [
    '+1 running, run 2 graceful',
    'under way',
    '+1 stopped forced',
    'not_running',
    'not_running',
    'not_running',
  ],
  stopping: [
    '+1 running, run 2 graceful',
    'under way',
    '+1 stopped forced',
    'not_running',
    'not_running',
    'not_running',
  ],
  stopped: ['+1 running, run 2 graceful', 'done', 'done', 'not_running', 'not_running', 'not_running'],
  'stop timed out': [
    '+1 running graceful',
    '+1 stopped graceful',
    '+1 stopped forced',
    'not_running',
    'not_running',
    'not_running',
  ],
  'guest powered off': [
    '+1 running, run 2 graceful',
    '+1 stopped graceful',
    '+1 stopped forced',
    'not_running',
    'not_running',
    'not_running',
  ],
  crashed: [
    '+1 running, run 2 graceful',
    '+1 stopped graceful',
    '+1 stopped forced',
    '+1 run 2 graceful',
    'not_running',
    'not_running',
  ],
  'next run not to be had': [
    '+1 running graceful',
    '+1 stopped graceful',
    '+1 stopped forced',
    '+1 run 3 graceful',
    '+1 paused',
    'done',
  ],
  'powered off, backing off under always': [
    '+1 running, run 2 graceful',
    '+1 stopped graceful',
    '+1 stopped forced',
    '+1 run 2 graceful',
    'not_running',
    'not_running',
  ],
};

test('each verb writes what spec §2 says in every situation, and nothing where the wish is granted (S26)', () => {
  for (const [name, view] of Object.entries(views)) {
    const reading = readVm(view, testNow);
    const asked = (['start', 'stop', 'poweroff', 'reboot'] as AsyncVerb[]).map((verb) =>
      word(decideVerb(verb, reading)),
    );
    const paused = (['pause', 'resume'] as PauseVerb[]).map((verb) => word(decidePause(verb, reading)));
    assert.deepEqual([...asked, ...paused], expected[name], name);
  }
});

test('whatever phase a VM is in, a verb leaves it (F1)', () => {
  const verbs: readonly AsyncVerb[] = ['start', 'stop', 'poweroff', 'reboot'];
  for (const [name, view] of Object.entries({ ...views, 'on no node': aView({}, null, { placement: null }) })) {
    const reading = readVm(view, testNow);
    assert.ok(
      verbs.some((verb) => decideVerb(verb, reading).kind === 'change'),
      `${name}: ${reading.phase}`,
    );
  }
});

test('start, stop, poweroff and reboot clear a pause', () => {
  const reading = readVm(aView({ desiredPaused: true }, { incarnation: live({ state: 'paused' }) }), testNow);
  for (const verb of ['start', 'stop', 'poweroff', 'reboot'] as const) {
    const decision = decideVerb(verb, reading);
    assert.ok(decision.kind === 'change' && decision.change.desiredPaused === false, verb);
  }
});

test('start keeps the guest of a stop that failed only where that is the present order, and its run the present one (S26)', () => {
  const started = (record: object, observed: object) =>
    word(decideVerb('start', readVm(aView({ ...toStop, ...record }, { seenGeneration: 2, ...observed }), testNow)));
  assert.equal(started({}, stopTimeout), '+1 running graceful');
  assert.equal(started({ generation: 3 }, stopTimeout), '+1 running, run 2 graceful', 'another stop is on its way');
  assert.equal(started({ run: 2 }, stopTimeout), '+1 running, run 3 graceful', 'it runs another than was asked for');
});

test('start while an older run is being ended for the present one asks for no run more', () => {
  const ending = live({ state: 'stopping', run: 1 });
  const reading = readVm(aView({ generation: 2, run: 2 }, { seenGeneration: 2, incarnation: ending }), testNow);
  assert.equal(word(decideVerb('start', reading)), 'under way');
});

test('poweroff over a graceful stop is told to a node that is away: what it said last proves nothing', () => {
  const stopped = { seenGeneration: 2, observedGeneration: 2, incarnation: ended };
  const away = aView(toStop, stopped, { node: aNodeThatIs('stale', testNow - 1_000) });
  assert.equal(word(decideVerb('poweroff', readVm(away, testNow))), '+1 stopped forced');
});
