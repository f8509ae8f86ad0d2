import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asIncarnationId } from '../kit/brand.ts';
import { recordDisksDropping, recordRestored } from './record-disks.ts';
import { recordFetched, recordFetchFailed, recordRunKept } from './record-fetch.ts';
import {
  beginIncarnation,
  recordCondemned,
  recordGuestState,
  recordPowerDownAsked,
  recordTerminal,
} from './record-incarnation.ts';
import { isToldAlready, recordEnded, recordOperationFailed, recordSeen } from './record-outcome.ts';
import { aDesired, anIncarnation, aRecord, aRunningRecord, aSpec, runningState } from './testing/builders.ts';

const id = asIncarnationId('0195a3c1-9d02-7b60-8c11-000000000002');
const moment = { now: 1_000, chance: 0 };
const mismatch = { code: 'checksum_mismatch', message: 'm', at: 0, details: {} } as const;
const unavailable = { code: 'image_unavailable', message: 'm', at: 0, details: {} } as const;
const crashed = { code: 'hypervisor_exited', message: 'm', at: 0, details: {} } as const;
const operationError = {
  ...{ reason: mismatch, incarnationId: anIncarnation(runningState).id, generation: 1, retryAt: null, attempt: 3 },
};
const image = (sha256: string) => ({ sha256, sizeBytes: 1, resolvedAt: 0 });

test('a new incarnation begins with nothing that was found out about the last one', () => {
  const before = aRecord({
    ...{ incarnation: anIncarnation({ kind: 'failed', reason: crashed }), operationError, checksPassed: ['web'] },
    ...{ silentSince: 1, silenceTold: true, lostFiles: [{ disk: 'root', how: 'gone' as const }], guestStateMet: 1 },
  });
  const begun = beginIncarnation({ ...before, askedToStopAt: 1 }, aDesired(), id, moment.now);
  const nothing = { operationError: null, checksPassed: [], silentSince: null, silenceTold: false, lostFiles: [] };
  assert.deepEqual(begun, { ...begun, ...nothing, guestStateMet: null, askedToStopAt: null });
});

test('an incarnation that is over, or runs, is neither silent nor failed any more', () => {
  const silent = aRunningRecord({ silentSince: 1, silenceTold: true });
  const over = recordTerminal(silent, { kind: 'destroyed', cause: { kind: 'host_reboot' } }, moment.now);
  assert.deepEqual([over.silentSince, over.silenceTold], [null, false]);
  const failed = aRunningRecord({ failure: { reason: crashed, generation: 1, run: 1 } });
  assert.equal(recordGuestState(failed, aDesired(), 'running', moment.now).failure, null);
});

test('a stop that is carried out shows no error of an older order, and its grace is not made longer by asking again', () => {
  const order = { mode: 'graceful', because: 'user_stop', killAt: 61_000, failure: null } as const;
  const condemned = recordCondemned(aRunningRecord({ operationError }), order, moment.now);
  assert.equal(condemned.operationError, null);
  const killAt = (record: typeof condemned) =>
    record.incarnation?.state.kind === 'stopping' ? record.incarnation.state.killAt : null;
  const asked = recordPowerDownAsked(condemned, aDesired(), 1_000);
  assert.equal(killAt(recordPowerDownAsked(asked, aDesired(), 61_000)), 61_000);
  assert.equal(
    killAt(recordPowerDownAsked(condemned, aDesired(), 90_000)),
    150_000,
    'who was never asked has its grace',
  );
});

test('what only a change can mend is not tried again by itself while the guest goes on (spec §2 on_change)', () => {
  const failed = (reason: typeof mismatch | typeof unavailable) =>
    recordFetchFailed(aRunningRecord(), aDesired({ generation: 2 }), reason, moment).operationError?.retryAt;
  assert.deepEqual([failed(mismatch), failed(unavailable)], [null, 2_000]);
});

test('digests are kept of what runs and of what is to run, and of nothing that came to nothing (spec §10)', () => {
  const spec = aSpec();
  const running = aRunningRecord({ images: { [spec.kernel ?? '']: image('aa'), 'file:///given-up': image('bb') } });
  const next = recordFetched(running, { 'file:///next': image('cc') });
  assert.deepEqual(next.images, { [spec.kernel ?? '']: image('aa'), 'file:///next': image('cc') });
  const kept = recordRunKept(next, aDesired({ run: 2 }));
  assert.deepEqual([kept.images, kept.incarnation?.run], [{ [spec.kernel ?? '']: image('aa') }, 2]);
});

test('a disk that is to go is removed also where the order after that leaves it out again, and by no restored store', () => {
  const left = aRecord({ disksMade: [], disksToDrop: ['data'], seenGeneration: 1 });
  assert.deepEqual(recordSeen(left, aDesired({ generation: 2 })).disksToDrop, ['data'], 'its removal broke off');
  const made = aRecord({ disksMade: ['data', 'logs'], disksToDrop: ['logs'] });
  const restored = recordRestored(made, aDesired());
  assert.deepEqual([restored.disksMade, restored.disksToDrop], [[], []]);
  assert.deepEqual(recordDisksDropping(made, ['logs']).disksMade, ['data']);
});

test('the end of an older run is of the order that it was started for: the newer run is not held back by it', () => {
  const record = aRunningRecord();
  const ended = recordEnded(record, aDesired({ generation: 5, run: 2 }), { kind: 'failed', reason: crashed }, moment);
  assert.deepEqual([ended.failure?.generation, ended.failure?.run], [1, 1]);
});

test('a host reboot ends no run of what nobody assigns: who adopts it says whether it starts', () => {
  const ended = recordEnded(aRunningRecord(), null, { kind: 'destroyed', cause: { kind: 'host_reboot' } }, moment);
  assert.equal(ended.runEnded, null);
});

test('an order that comes again is the present one: nothing older is offered in its place', () => {
  const left = aRecord({ lastOrder: aDesired() });
  assert.equal(recordSeen(left, aDesired()).lastOrder, null);
});

test('a failed operation is counted from the beginning for a newer order, and told anew of another incarnation', () => {
  const record = aRunningRecord({ operationError });
  const attempt = (generation: number) =>
    recordOperationFailed(record, aDesired({ generation }), mismatch, moment).operationError?.attempt;
  assert.deepEqual([attempt(1), attempt(2)], [4, 1]);
  assert.equal(isToldAlready(record, mismatch, 1), true);
  assert.equal(isToldAlready({ ...record, incarnation: anIncarnation(runningState, { id }) }, mismatch, 1), false);
});
