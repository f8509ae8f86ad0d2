import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndCause } from './incarnation.ts';
import { recordEnded, recordRealised, recordStartFailed } from './record-outcome.ts';
import { aDesired, anIncarnation, aRecord, aSpec, testProcess } from './testing/builders.ts';

const panicked = { code: 'guest_panicked', message: 'The guest kernel panicked', at: 0, details: {} } as const;
const ends: readonly EndCause[] = [
  { kind: 'host_reboot' },
  { kind: 'guest_power_off' },
  { kind: 'stopped', because: 'run_superseded', forced: true, graceOver: true },
];

test('the last 50 failures are kept as history, oldest first (spec §2)', () => {
  let record = aRecord();
  for (let at = 1; at <= 60; at += 1) {
    const starting = { ...record, incarnation: anIncarnation({ kind: 'creating' }) };
    const reason = { ...panicked, code: 'script_failed', at } as const;
    record = recordStartFailed(starting, aDesired(), reason, { now: at, chance: 0.5 });
  }
  assert.deepEqual(
    record.history.map(({ at }) => at),
    Array.from({ length: 50 }, (_, index) => index + 11),
  );
});

test('a stop that is realised leaves neither a failure nor a next try behind, what goes on running keeps its count (F5)', () => {
  const restart = { attempt: 5, nextAt: 40_000 };
  const looping = aRecord({ restart, failure: { reason: panicked, generation: 1, run: 1 } });
  const stopped = recordRealised(looping, aDesired({ generation: 2, desiredPhase: 'stopped' }));
  assert.deepEqual([stopped.failure, stopped.restart], [null, { attempt: 0, nextAt: null }]);
  assert.deepEqual(recordRealised(looping, aDesired({ generation: 2 })).restart, restart);
});

test('a power-off follows the stop that asked for it within ten minutes; a later one is meant by the guest (S26, F5)', () => {
  const powerOff = { kind: 'destroyed', cause: { kind: 'guest_power_off' } } as const;
  const incarnation = anIncarnation({ kind: 'stopped', process: testProcess, startedAt: 0, how: 'power_off' });
  const endedAt = (askedToStopAt: number | null, now: number) =>
    recordEnded(aRecord({ incarnation, askedToStopAt }), aDesired(), powerOff, { now, chance: 0.5 }).runEnded;
  assert.equal(endedAt(1_000, 600_999), null);
  assert.deepEqual(endedAt(1_000, 601_000), { run: 1, cause: 'guest_power_off', at: 601_000 });
  assert.deepEqual(endedAt(null, 2_000), { run: 1, cause: 'guest_power_off', at: 2_000 });
});

for (const cause of ends) {
  test(`an incarnation that ends well before it was seen running leaves no older failure standing: ${cause.kind}`, () => {
    const started = aRecord({
      incarnation: { ...anIncarnation({ kind: 'starting', process: testProcess }), run: 2 },
      failure: { reason: panicked, generation: 1, run: 1 },
    });
    const desired = aDesired({ generation: 2, run: 2, spec: aSpec({ startAtBoot: false }) });
    const ended = recordEnded(started, desired, { kind: 'destroyed', cause }, { now: 1_000, chance: 0.5 });
    assert.equal(ended.failure, null);
    assert.equal(ended.incarnation?.state.kind, 'destroyed');
  });
}
