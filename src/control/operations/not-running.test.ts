import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVm } from '../../core/convergence/reading.ts';
import { aView, testNow } from '../../core/convergence/testing/builders.ts';
import { readingCases } from '../../core/convergence/testing/reading-cases.ts';
import { notRunningDetails } from './not-running.ts';

test('what a guest that is on its way is refused goes with what can be done about it, and never with the start that was ordered', () => {
  const next = (view: Parameters<typeof readVm>[0]) => notRunningDetails(readVm(view, testNow))['next_action'];
  assert.match(String(next({ ...aView({}), placement: null })), /holdfast explain web-1/);
  for (const view of Object.values(readingCases)) {
    const { phase } = readVm(view, testNow);
    const isOrdered = view.record.desiredPhase === 'running';
    if (isOrdered && ['creating', 'starting', 'stopping'].includes(phase)) {
      assert.match(String(next(view)), /'holdfast vm wait web-1 --for running'/, phase);
    }
    if (phase === 'stopped') assert.equal(next(view), undefined, 'a start is what the table of errors says');
  }
});
