/** VMs in every situation that reads differently, for tests of readings. */
import { aSpec, someFacts } from '../../instance/testing/builders.ts';
import type { VmView } from '../vm-view.ts';
import { aFailure, aNodeThatIs, anObservedIncarnation, aTask, aView, testNow } from './builders.ts';

const live = anObservedIncarnation;
export const failed = (code: Parameters<typeof aFailure>[0], generation = 1) => ({
  failure: { reason: aFailure(code), generation, run: 1 },
  incarnation: live({ state: 'failed', startedAt: null }),
});
const stopTimeout = {
  operationError: { reason: aFailure('stop_timeout'), incarnationId: null, generation: 2, retryAt: null, attempt: 1 },
};
const ended = live({ state: 'destroyed', startedAt: null });
const endedAs = (how: { readonly forced?: boolean; readonly graceOver?: boolean }) =>
  live({
    ...{ state: 'destroyed', startedAt: null },
    endCause: { kind: 'stopped', because: 'user_stop', forced: true, graceOver: false, ...how },
  });
const waiting = {
  waiting: { for: 'image_download', since: testNow - 1000, deadline: testNow + 299_000, message: 'Fetching' },
} as const;
const overdue = { waiting: { ...waiting.waiting, deadline: testNow } };
const lostFiles = [
  { disk: 'root', how: 'gone' as const },
  { disk: 'data', how: 'replaced' as const },
];
const changed = { generation: 2, spec: aSpec({ memoryMib: 256 }) };
const imageChanged = {
  generation: 2,
  run: 2,
  spec: aSpec({ imageUrl: 'https://images.example.org/b.raw', imageFormat: 'raw' }),
};
const notFetched = (code: Parameters<typeof aFailure>[0], retryAt: number | null) => ({
  operationError: { reason: aFailure(code), incarnationId: live().id, generation: 2, retryAt, attempt: 1 },
});
const stopping = live({
  state: 'stopping',
  stopping: { because: 'run_superseded', mode: 'graceful', killAt: testNow },
});

/** One of each, by what has happened. */
export const readingCases: Readonly<Record<string, VmView>> = {
  'just created': aView({}, null, { placement: null, node: null }),
  'no node': aView({}, null, {
    node: null,
    placement: {
      kind: 'pending',
      uid: aTask().resource.uid,
      code: 'no_nodes',
      message: 'None',
      number: 0,
      since: testNow,
    },
  }),
  'placed, not reported': aView({}, null),
  'first start, image on its way': aView(
    {},
    { observedGeneration: 0, everRan: false, incarnation: live({ state: 'creating', startedAt: null }), ...waiting },
  ),
  'first start, no progress': aView(
    {},
    { observedGeneration: 0, everRan: false, incarnation: live({ state: 'creating', startedAt: null }), ...overdue },
  ),
  'later start': aView({}, { incarnation: live({ state: 'starting', startedAt: null }), ...waiting }),
  running: aView(),
  'running, node stale': aView({}, {}, { node: aNodeThatIs('stale', testNow) }),
  'running, node force-removed': aView({}, {}, { node: aNodeThatIs('removed', testNow) }),
  'running, monitor silent 5 s': aView({}, { guest: 'silent', silentSince: testNow - 5_000 }),
  'running, monitor silent 10 s': aView({}, { guest: 'silent', silentSince: testNow - 10_000 }),
  'running, files of two disks taken from under it': aView({}, { facts: { ...someFacts(), lostFiles } }),
  'reboot held for a lost file': aView(
    { ...changed, run: 2 },
    { seenGeneration: 2, facts: { ...someFacts(), lostFiles } },
  ),
  'reboot held for a lost file, nothing else changed': aView(
    { generation: 2, run: 2 },
    { seenGeneration: 2, facts: { ...someFacts(), lostFiles } },
  ),
  'panicked, its process kept for a lost file': aView(
    {},
    { guest: 'panicked', incarnation: live({ state: 'stopped' }), facts: { ...someFacts(), lostFiles } },
  ),
  'policy changed, not seen': aView({ generation: 2 }),
  'policy changed, seen': aView({ generation: 2 }, { seenGeneration: 2 }),
  'changed, deferred': aView(changed, { seenGeneration: 2, observedGeneration: 2 }),
  'changed, restart under way': aView({ ...changed, run: 2 }, { seenGeneration: 2, incarnation: stopping, ...waiting }),
  'changed, between two runs': aView({ ...changed, run: 2 }, { seenGeneration: 2, incarnation: ended, ...waiting }),
  'image changed, new one on its way': aView(imageChanged, { seenGeneration: 2, ...waiting }),
  'image changed, new one on its way, guest paused': aView(
    { ...imageChanged, desiredPaused: true },
    { seenGeneration: 2, incarnation: live({ state: 'paused' }), ...waiting },
  ),
  'image changed, new one not to be had': aView(imageChanged, {
    seenGeneration: 2,
    ...notFetched('image_unavailable', testNow + 4_000),
  }),
  'image changed, new one not to be had, paused behind our back, detect': aView(
    { ...imageChanged, spec: { ...imageChanged.spec, driftPolicy: 'detect' } },
    {
      ...{ seenGeneration: 2, guest: 'paused', incarnation: live({ state: 'paused' }) },
      ...notFetched('image_unavailable', testNow + 2_000),
    },
  ),
  'image changed, new one tried again': aView(imageChanged, {
    seenGeneration: 2,
    ...notFetched('image_unavailable', testNow - 1_000),
    ...waiting,
  }),
  'image changed, new one is another than stated': aView(imageChanged, {
    seenGeneration: 2,
    ...notFetched('checksum_mismatch', null),
  }),
  'image changed, corrected, not seen': aView(
    { ...imageChanged, generation: 3, run: 3 },
    { seenGeneration: 2, ...notFetched('checksum_mismatch', null) },
  ),
  'image changed, corrected, seen': aView(
    { ...imageChanged, generation: 3, run: 3 },
    { seenGeneration: 3, ...notFetched('checksum_mismatch', null), ...waiting },
  ),
  'rebooted, its image is lost': aView(
    { generation: 2, run: 2 },
    { seenGeneration: 2, ...notFetched('image_unavailable', testNow + 4_000) },
  ),
  'changed in place, on its way': aView(changed, {
    seenGeneration: 2,
    facts: { ...someFacts(), memoryMib: 128, memoryMaxMib: 512 },
  }),
  'memory changed behind our back': aView({}, { facts: { ...someFacts(), memoryMib: 64, memoryMinMib: 32 } }),
  'user_data changed, deferred': aView(
    {
      generation: 2,
      spec: aSpec({ cloudInit: { userData: 's3cret', networkConfig: null, sshAuthorizedKeys: [], hostname: null } }),
    },
    { seenGeneration: 2, observedGeneration: 2 },
  ),
  'paused by the user': aView({ desiredPaused: true }, { incarnation: live({ state: 'paused' }) }),
  'pause on its way': aView({ generation: 2, desiredPaused: true }),
  'paused, its node has no room for what it writes': aView(
    {},
    { guest: 'io_error', incarnation: live({ state: 'paused' }) },
  ),
  'the same, detect': aView(
    { spec: aSpec({ driftPolicy: 'detect' }) },
    { guest: 'io_error', incarnation: live({ state: 'paused', startedSpec: aSpec({ driftPolicy: 'detect' }) }) },
  ),
  'paused behind our back': aView({}, { incarnation: live({ state: 'paused' }) }),
  'paused behind our back, detect': aView(
    { spec: aSpec({ driftPolicy: 'detect' }) },
    { incarnation: live({ state: 'paused', startedSpec: aSpec({ driftPolicy: 'detect' }) }) },
  ),
  'rebooting by itself': aView({}, { incarnation: live({ state: 'rebooting' }), ...waiting }),
  migrating: aView({}, { incarnation: live({ state: 'migrating' }), ...waiting }),
  'stop on its way': aView(
    { generation: 2, desiredPhase: 'stopped' },
    { seenGeneration: 2, incarnation: live({ state: 'stopping' }), ...waiting },
  ),
  stopped: aView(
    { generation: 2, desiredPhase: 'stopped' },
    { observedGeneration: 2, seenGeneration: 2, incarnation: ended },
  ),
  'stopped, its guest shut down': aView(
    { generation: 2, desiredPhase: 'stopped' },
    { seenGeneration: 2, observedGeneration: 2, incarnation: endedAs({ forced: false }), guest: 'none' },
  ),
  'stopped, killed at the end of its grace time': aView(
    { generation: 2, desiredPhase: 'stopped' },
    { seenGeneration: 2, observedGeneration: 2, incarnation: endedAs({ graceOver: true }), guest: 'none' },
  ),
  'stopped, powered off by its user': aView(
    { generation: 2, desiredPhase: 'stopped' },
    { seenGeneration: 2, observedGeneration: 2, incarnation: endedAs({}), guest: 'none' },
  ),
  'stopped, its root disk gone': aView(
    { generation: 2, desiredPhase: 'stopped' },
    { observedGeneration: 2, seenGeneration: 2, incarnation: ended, unready: [{ what: 'disk_gone', name: 'root' }] },
  ),
  'stopped, its image changed and a disk added': aView(
    { ...imageChanged, desiredPhase: 'stopped' },
    {
      observedGeneration: 2,
      seenGeneration: 2,
      incarnation: ended,
      unready: [
        { what: 'image', name: 'https://images.example.org/b.raw' },
        { what: 'disk_not_made', name: 'data' },
      ],
    },
  ),
  'image changed, not seen': aView(imageChanged),
  'image changed, new one there, asked to power off for it': aView(imageChanged, {
    seenGeneration: 2,
    incarnation: stopping,
  }),
  'image changed and started while the stop goes on': aView(imageChanged, {
    seenGeneration: 2,
    incarnation: { ...stopping, stopping: { because: 'user_stop', mode: 'graceful', killAt: testNow } },
  }),
  'started for the first time, its image fetched, as the wire tells it': aView(
    {},
    { observedGeneration: 0, everRan: false, incarnation: live({ state: 'starting', startedAt: null }), ...waiting },
  ),
  'rebooting, asked to power off': aView({ generation: 2, run: 2 }, { seenGeneration: 2, incarnation: stopping }),
  'started again with another image, which is fetched': aView(imageChanged, {
    seenGeneration: 2,
    incarnation: live({ run: 2, state: 'creating', startedAt: null, startedSpec: imageChanged.spec }),
    ...waiting,
  }),
  'stop timed out under fail (S26)': aView(
    { generation: 2, desiredPhase: 'stopped' },
    { seenGeneration: 2, ...stopTimeout },
  ),
  'stop timed out, poweroff asked, not seen': aView(
    { generation: 3, desiredPhase: 'stopped', stopMode: 'forced' },
    { seenGeneration: 2, ...stopTimeout },
  ),
  'stop timed out, start asked, not seen (S26)': aView({ generation: 3 }, { seenGeneration: 2, ...stopTimeout }),
  'guest powered itself off (F5)': aView(
    {},
    { incarnation: ended, runEnded: { run: 1, cause: 'guest_power_off', at: testNow - 5_000 } },
  ),
  'guest powered itself off, start asked': aView(
    { generation: 2, run: 2 },
    { seenGeneration: 2, incarnation: ended, runEnded: { run: 1, cause: 'guest_power_off', at: testNow }, ...waiting },
  ),
  'guest powered off again under always, next start not due': aView(
    { spec: aSpec({ restartPolicy: 'always' }) },
    { incarnation: ended, restart: { attempt: 3, nextAt: testNow + 4_000 } },
  ),
  'crash loop': aView({}, { ...failed('hypervisor_exited'), restart: { attempt: 5, nextAt: testNow + 40_000 } }),
  'crash loop, stop asked, not seen': aView(
    { generation: 2, desiredPhase: 'stopped' },
    { ...failed('hypervisor_exited'), restart: { attempt: 5, nextAt: testNow + 40_000 } },
  ),
  'crash loop, policy set to never': aView(
    { generation: 2, spec: aSpec({ restartPolicy: 'never' }) },
    { seenGeneration: 2, ...failed('hypervisor_exited', 2), restart: { attempt: 5, nextAt: testNow + 40_000 } },
  ),
  'crash loop, being deleted': aView(
    { generation: 2, desiredPhase: 'deleted', deletedAt: testNow },
    { seenGeneration: 2, ...failed('hypervisor_exited'), restart: { attempt: 5, nextAt: testNow + 40_000 } },
  ),
  'image changed, new one not to be had, stop asked': aView(
    { ...imageChanged, generation: 3, desiredPhase: 'stopped' },
    { seenGeneration: 2, ...notFetched('image_unavailable', testNow + 4_000) },
  ),
  'crash, policy never': aView({ spec: aSpec({ restartPolicy: 'never' }) }, failed('hypervisor_exited')),
  'wrong checksum': aView({}, { ...failed('checksum_mismatch'), everRan: false, observedGeneration: 0 }),
  'image unavailable': aView(
    {},
    {
      ...failed('image_unavailable'),
      everRan: false,
      observedGeneration: 0,
      restart: { attempt: 1, nextAt: testNow + 1_000 },
    },
  ),
  'old failure, newer order': aView({ generation: 2, run: 2 }, { seenGeneration: 2, ...failed('hypervisor_exited') }),
  'wrong checksum corrected, not seen': aView({ generation: 2 }, { ...failed('checksum_mismatch'), everRan: false }),
  'wrong checksum corrected, seen': aView(
    { generation: 2 },
    { seenGeneration: 2, ...failed('checksum_mismatch'), everRan: false },
  ),
  'crash, policy never, changed in place': aView(
    { generation: 2, spec: aSpec({ restartPolicy: 'never' }) },
    { seenGeneration: 2, ...failed('hypervisor_exited') },
  ),
  deleting: aView({ generation: 2, desiredPhase: 'deleted', deletedAt: testNow }, { seenGeneration: 2, ...waiting }),
  'deleting, node away for long': aView(
    { generation: 2, generationAt: testNow - 700_000, desiredPhase: 'deleted' },
    {},
    { node: aNodeThatIs('unreachable', testNow - 700_000) },
  ),
  gone: aView({ desiredPhase: 'deleted' }, null, { placement: null, node: null, removedAt: testNow }),
};
