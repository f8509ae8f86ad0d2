import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  existsOnNode,
  type IncarnationState,
  isDestroyable,
  isLive,
  isTerminal,
  proofOf,
  startedAtOf,
  transition,
} from './incarnation.ts';
import { isLiveKind } from './live-kind.ts';
import { anIncarnation } from './testing/builders.ts';

const process = { pid: 4_711, startTime: 99, bootId: 'boot-1' };
const reason = { code: 'hypervisor_exited', message: 'It ended', at: 1, details: {} } as const;
const lived = { process, startedAt: 5 };

/** One state of each kind, with what S29 says of it: terminal, destroyable, exists on node. */
const table: readonly (readonly [IncarnationState, boolean, boolean, boolean])[] = [
  [{ kind: 'creating' }, false, false, false],
  [{ kind: 'starting', process: null }, false, false, true],
  [{ kind: 'running', ...lived }, false, false, true],
  [{ kind: 'paused', ...lived }, false, false, true],
  [
    {
      kind: 'stopping',
      ...lived,
      mode: 'graceful',
      because: 'user_stop',
      killAt: 9,
      askedAt: null,
      graceOver: false,
      failure: null,
    },
    false,
    false,
    true,
  ],
  [{ kind: 'stopped', ...lived, how: 'power_off' }, false, false, true],
  [{ kind: 'rebooting', ...lived }, false, false, true],
  [{ kind: 'migrating', ...lived }, false, false, true],
  [{ kind: 'failed', reason }, true, true, true],
  [{ kind: 'destroyed', cause: { kind: 'removed' } }, true, true, false],
  [{ kind: 'unwound' }, false, true, false],
];

test('S28 the same state is no transition; another counts one up and has a new time', () => {
  for (const [from] of table) {
    const before = anIncarnation(from);
    assert.equal(transition(before, { ...from }, 777), before, from.kind);
    for (const [to] of table) {
      if (to.kind === from.kind) continue;
      const after = transition(before, to, 777);
      assert.deepEqual([after.stateGeneration, after.stateSince], [before.stateGeneration + 1, 777]);
      assert.equal(after.state, to);
    }
  }
});

test('S29 what is terminal, what is destroyable and what exists on the node, for every state', () => {
  for (const [state, terminal, destroyable, exists] of table) {
    assert.deepEqual([isTerminal(state), isDestroyable(state), existsOnNode(state)], [terminal, destroyable, exists]);
    assert.equal(isLive(state), !destroyable, state.kind);
    assert.equal(isLiveKind(state.kind), isLive(state), 'a reported state reads as the journaled one');
  }
});

test('S27 only a failed state has a reason; proof and start time are only in states that have a process', () => {
  for (const [state] of table) {
    assert.equal('reason' in state, state.kind === 'failed');
    assert.equal(proofOf(state), 'process' in state ? state.process : null);
    assert.equal(startedAtOf(state), 'startedAt' in state ? state.startedAt : null);
  }
});
