import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aSpec } from '../instance/testing/builders.ts';
import { explainVm } from './explain.ts';
import { readVm } from './reading.ts';
import { renderStatus } from './render-status.ts';
import { aView, testNow } from './testing/builders.ts';
import { readingCases as cases, failed } from './testing/reading-cases.ts';

test('what a newer order left as it was is told as failed, not as starting: policy never, a backoff (S11)', () => {
  const crash = failed('hypervisor_exited');
  const never = readVm(
    aView({ generation: 2, spec: aSpec({ restartPolicy: 'never' }) }, { seenGeneration: 2, ...crash }),
    testNow,
  );
  assert.deepEqual(
    never.drift.map(({ cause, action, because }) => [cause, action, because]),
    [['failed', 'none', 'restart_policy_never']],
  );
  assert.match(explainVm(never).lines.join('\n'), /No process runs; it is not tried again by itself/);
  const restart = { attempt: 3, nextAt: testNow + 4_000 };
  const waits = readVm(aView({ generation: 2 }, { seenGeneration: 2, ...crash, restart }), testNow);
  assert.deepEqual(
    waits.drift.map(({ cause, action, because }) => [cause, action, because]),
    [['failed', 'start', 'restart_policy_on_failure']],
  );
  assert.match(explainVm(waits).lines.join('\n'), /next try at 09:00:04 \(attempt 4\)/);
  const onItsWay = readVm(aView({ generation: 2 }, { ...crash, restart }), testNow);
  assert.equal(onItsWay.drift[0]?.cause, 'change_propagating', 'the node has not seen it: it may change everything');
});

test('nothing tells of a next try that no order asks for any more: stop, delete, policy never (F5)', () => {
  const told = /next try|is tried again|due at|backing_off":true|next_at":"/;
  const settled = Object.entries(cases).filter(([, { record }]) => {
    return record.desiredPhase !== 'running' || record.spec.restartPolicy === 'never';
  });
  assert.ok(settled.length > 5);
  for (const [name, view] of settled) {
    const reading = readVm(view, testNow);
    const text = JSON.stringify([renderStatus(reading, null), explainVm(reading)]).replaceAll('is not tried again', '');
    // A deletion without progress goes on being tried.
    if (reading.phase !== 'deleting') assert.doesNotMatch(text, told, name);
    else assert.doesNotMatch(text, /next try|Start number|next_at":"/, name);
  }
});
