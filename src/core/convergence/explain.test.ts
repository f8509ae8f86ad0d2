import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { aSpec } from '../instance/testing/builders.ts';
import { driftReason } from './drift-text.ts';
import { explainVm } from './explain.ts';
import { readVm } from './reading.ts';
import { anObservedIncarnation, aView, testNow } from './testing/builders.ts';
import { readingCases as cases } from './testing/reading-cases.ts';
import type { VmView } from './vm-view.ts';

const goldenFile = new URL('./golden/explain.txt', import.meta.url);

const linesOf = (view: VmView | undefined): readonly string[] => {
  assert.ok(view !== undefined);
  return explainVm(readVm(view, testNow)).lines;
};

test('explainVm() tells the golden sentences of every case (S20)', () => {
  const text = Object.entries(cases).map(([name, view]) => {
    const { summary, lines } = explainVm(readVm(view, testNow));
    return `${name}: ${summary}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  });
  if (process.argv.includes('--update-golden')) writeFileSync(goldenFile, text.join(''));
  assert.equal(text.join(''), readFileSync(goldenFile, 'utf8'));
});

test('why a field differs is told in words of a user, never in those of a decision (S11, S20)', () => {
  for (const [name, view] of Object.entries(cases)) {
    const { drift } = readVm(view, testNow);
    for (const entry of drift) {
      const words = driftReason(entry).replaceAll(/(restart|drift)_policy [a-z_]+/g, '');
      assert.doesNotMatch(words, /[a-z]_[a-z]/, `${name}: ${words}`);
    }
  }
});

const detects = { spec: aSpec({ driftPolicy: 'detect' }) };

test('explain says what one can do about a deviation that is only reported (S11, S20)', () => {
  const paused = linesOf(cases['paused behind our back, detect']);
  const way = "or 'holdfast vm set web-1 drift_policy=correct' has Holdfast correct what nobody ordered";
  assert.ok(paused.includes(`Next: 'holdfast vm resume web-1' lets the guest go on, ${way}`), paused.join('\n'));
  const incarnation = anObservedIncarnation({ startedSpec: detects.spec });
  const resumed = linesOf(aView({ ...detects, desiredPaused: true }, { incarnation }));
  assert.ok(resumed.includes(`Next: 'holdfast vm pause web-1' pauses it again, ${way}`), resumed.join('\n'));
});

test('explain says how a change that waits for a restart is had now, once for all of its fields (S20)', () => {
  const lines = linesOf(cases['changed, deferred']);
  const next = lines.filter((line) => line.startsWith('Next: '));
  assert.deepEqual(next, ["Next: 'holdfast vm reboot web-1' applies it now"]);
});

test('what is waited for is true before its node has seen the order and after (F1)', () => {
  const waits = (seenGeneration: number): string | undefined => {
    const over = anObservedIncarnation({ state: 'destroyed', startedAt: null });
    const view = aView(
      { generation: 2, run: 2 },
      { incarnation: over, facts: null, seenGeneration, observedGeneration: 1 },
    );
    return readVm(view, testNow).waiting?.message;
  };
  assert.equal(waits(1), 'Node node-1 has not taken the order up yet');
  assert.equal(waits(2), 'Node node-1 has taken the order up');
});
