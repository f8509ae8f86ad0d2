import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IncarnationState } from '../core/instance/incarnation.ts';
import {
  alive,
  anIncarnation,
  aRunningRecord,
  aSpec,
  nothingThere,
  testProcess,
} from '../core/instance/testing/builders.ts';
import { observationOf } from './observation.ts';

test('of a guest whose process has ended nobody is told any more that it is asked to power off', () => {
  const waiting = { for: 'guest_shutdown', since: 0, deadline: 90_000, message: 'ACPI power button sent' } as const;
  const also = { ordered: aSpec(), facts: null, waiting, health: null, unready: [] };
  const stopping: IncarnationState = {
    ...{ kind: 'stopping', process: testProcess, startedAt: 0, mode: 'graceful', because: 'run_superseded' },
    ...{ killAt: 60_000, askedAt: 0, graceOver: false, failure: null },
  };
  const asked = aRunningRecord({ incarnation: anIncarnation(stopping) });
  assert.deepEqual(observationOf(asked, alive('running'), also).waiting, waiting);
  const cause = { kind: 'stopped', because: 'run_superseded', forced: false, graceOver: false } as const;
  const ended = aRunningRecord({ incarnation: anIncarnation({ kind: 'destroyed', cause }) });
  assert.equal(observationOf(ended, nothingThere, also).waiting, null);
});
