/** Every desired state and every situation that `decide` is asked about in its golden table. */
import type { DesiredVm } from '../desired.ts';
import type { ArtefactsEvidence, GuestState, InstanceEvidence } from '../evidence.ts';
import type { FailureReason } from '../failure-reason.ts';
import type { FailingCheck } from '../health.ts';
import type { StopBecause } from '../incarnation.ts';
import type { InstanceRecord } from '../record.ts';
import type { HealthCheckSpec, VmSpec } from '../spec.ts';
import {
  aDesired,
  alive,
  anIncarnation,
  aRecord,
  aRunningRecord,
  aSpec,
  killed,
  nothingThere,
  runningState,
  silent,
  someFacts,
  testProcess,
} from './builders.ts';

export const now = 1_000_000;

const aCheck: HealthCheckSpec = {
  name: 'web',
  probe: { kind: 'http', port: 80, path: '/' },
  intervalSeconds: 10,
  timeoutSeconds: 5,
  retries: 3,
};

const lostFiles = [{ disk: 'root', how: 'gone' as const }];

const checked = (fields: Partial<VmSpec> = {}) => aSpec({ healthChecks: [aCheck], ...fields });

export const desireds: Readonly<Record<string, DesiredVm | null>> = {
  'not assigned': null,
  running: aDesired({ spec: checked() }),
  'running, changed (generation 2)': aDesired({ generation: 2, spec: checked() }),
  'running, needs another process': aDesired({ generation: 2, specHash: 'sha256:bb', spec: checked() }),
  'running, changed, drift detect': aDesired({ generation: 2, spec: checked({ driftPolicy: 'detect' }) }),
  'running, run 2': aDesired({ generation: 2, run: 2, spec: checked() }),
  'running, restart never': aDesired({ spec: checked({ restartPolicy: 'never' }) }),
  'running, restart always': aDesired({ spec: checked({ restartPolicy: 'always' }) }),
  'running, paused wanted': aDesired({ generation: 2, desiredPaused: true, spec: checked() }),
  'running, drift detect': aDesired({ spec: checked({ driftPolicy: 'detect' }) }),
  'running, run 2 for what was changed': aDesired({ generation: 2, run: 2, changeRuns: 1, spec: checked() }),
  'running, run 2, drift detect': aDesired({ generation: 2, run: 2, spec: checked({ driftPolicy: 'detect' }) }),
  'running, restart when unresponsive': aDesired({ spec: checked({ onUnresponsive: 'restart' }) }),
  stopped: aDesired({ generation: 2, desiredPhase: 'stopped' }),
  'stopped, on timeout fail': aDesired({
    generation: 2,
    desiredPhase: 'stopped',
    spec: checked({ stop: { graceSeconds: 60, onTimeout: 'fail' } }),
  }),
  'powered off': aDesired({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }),
  deleted: aDesired({ generation: 2, desiredPhase: 'deleted', stopMode: 'forced' }),
  released: aDesired({ generation: 2, desiredPhase: 'released', stopMode: 'forced' }),
};

const stopping = (fields: {
  askedAt?: number | null;
  killAt?: number;
  mode?: 'graceful' | 'forced';
  because?: StopBecause;
  failure?: FailureReason;
  graceOver?: boolean;
}) =>
  aRunningRecord({
    incarnation: anIncarnation({
      kind: 'stopping',
      process: testProcess,
      startedAt: 0,
      mode: fields.mode ?? 'graceful',
      because: fields.because ?? (fields.failure === undefined ? 'user_stop' : 'unhealthy'),
      killAt: fields.killAt ?? now + 30_000,
      askedAt: fields.askedAt === undefined ? now - 1_000 : fields.askedAt,
      graceOver: fields.graceOver ?? false,
      failure: fields.failure ?? null,
    }),
  });

const reason = (code: FailureReason['code']) => ({
  reason: { code, message: 'm', at: 0, details: {} },
  generation: 1,
  run: 1,
});
const over = anIncarnation({ kind: 'failed', reason: reason('hypervisor_exited').reason });

const unhealthyRecord = aRunningRecord({
  checksPassed: ['web'],
  operationError: {
    reason: reason('health_check_failed').reason,
    incarnationId: anIncarnation(runningState).id,
    generation: 1,
    retryAt: null,
    attempt: 1,
  },
});

const unhealthy = (code: FailingCheck['code']): InstanceEvidence => ({
  ...alive('running'),
  health: {
    failing: { code, check: 'web', failuresInRow: 3, output: 'answered with status 500' },
    passed: code === 'boot_timeout' ? [] : ['web'],
    isWell: false,
  },
});

/** What was found out about the artefacts of run 2, while the guest of run 1 is in `state`. */
const withArtefacts = (artefacts: ArtefactsEvidence['state'], state: GuestState = 'running'): InstanceEvidence => ({
  ...alive(state),
  artefacts: { run: 2, specHash: aDesired().specHash, generation: 2, state: artefacts },
});

const newImages = { 'file:///images/vmlinuz': { sha256: 'ab', sizeBytes: 1, resolvedAt: 0 } };
const unfetched = (code: FailureReason['code'], at = 0): FailureReason => ({ code, message: 'm', at, details: {} });

/** The guest was as run 2 wishes it when that was ordered. */
const heldUp = (fields: Partial<InstanceRecord> = {}) => aRunningRecord({ guestStateMet: 2, ...fields });

const fetchFailed = (code: FailureReason['code'], retryAt: number | null, generation = 2) =>
  heldUp({
    operationError: {
      ...{ reason: unfetched(code), incarnationId: anIncarnation(runningState).id },
      ...{ generation, retryAt, attempt: 1 },
    },
  });

export const paused = anIncarnation({ kind: 'paused', process: testProcess, startedAt: 0 });

export const cases: Readonly<Record<string, readonly [InstanceRecord | null, InstanceEvidence]>> = {
  'never heard of': [null, nothingThere],
  'heard of': [aRecord(), { ...nothingThere, leftovers: true }],
  'being created, nothing spawned': [aRecord({ incarnation: anIncarnation({ kind: 'creating' }) }), nothingThere],
  'spawned, proof not journaled': [
    aRecord({ incarnation: anIncarnation({ kind: 'starting', process: null }) }),
    alive('frozen'),
  ],
  'spawned, ended before its proof was journaled': [
    aRecord({ incarnation: anIncarnation({ kind: 'starting', process: null }) }),
    killed,
  ],
  'stray process': [aRecord(), { ...nothingThere, stray: testProcess }],
  'started, frozen': [
    aRecord({ incarnation: anIncarnation({ kind: 'starting', process: testProcess }) }),
    alive('frozen'),
  ],
  'let go, not journaled': [
    aRecord({ incarnation: anIncarnation({ kind: 'starting', process: testProcess }) }),
    alive('running'),
  ],
  running: [aRunningRecord(), alive('running')],
  'running after 5 restarts': [aRunningRecord({ restart: { attempt: 5, nextAt: null } }), alive('running')],
  'running, memory is less than wanted': [
    aRunningRecord(),
    alive('running', someFacts({ memoryMib: 64, memoryMinMib: 64 })),
  ],
  'running as a change wishes it, memory is less than wanted': [
    heldUp(),
    alive('running', someFacts({ memoryMib: 64, memoryMinMib: 64 })),
  ],
  'running with an operation error': [
    aRunningRecord({
      operationError: {
        reason: { code: 'stop_timeout', message: 'm', at: 0, details: {} },
        incarnationId: anIncarnation(runningState).id,
        generation: 2,
        retryAt: null,
        attempt: 1,
      },
    }),
    alive('running'),
  ],
  'running, a health check passes for the first time': [
    aRunningRecord(),
    { ...alive('running'), health: { failing: null, passed: ['web'], isWell: true } },
  ],
  'running, a health check fails': [aRunningRecord({ checksPassed: ['web'] }), unhealthy('health_check_failed')],
  'running, a health check never passed': [aRunningRecord(), unhealthy('boot_timeout')],
  'running, in error since a health check fails': [unhealthyRecord, unhealthy('health_check_failed')],
  'running, health checks pass again': [
    unhealthyRecord,
    { ...alive('running'), health: { failing: null, passed: ['web'], isWell: true } },
  ],
  'running, health checks fail now and then after 5 restarts': [
    aRunningRecord({ checksPassed: ['web'], restart: { attempt: 5, nextAt: null } }),
    { ...alive('running'), health: { failing: null, passed: ['web'], isWell: false } },
  ],
  'running, artefacts of run 2 being fetched': [heldUp(), withArtefacts({ kind: 'fetching' })],
  'paused, artefacts of run 2 being fetched': [
    heldUp({ incarnation: paused }),
    withArtefacts({ kind: 'fetching' }, 'paused'),
  ],
  'running, artefacts of run 2 fetched': [heldUp(), withArtefacts({ kind: 'fetched', images: newImages })],
  'running, artefacts of run 2 fetched and journaled': [
    heldUp({ images: newImages }),
    withArtefacts({ kind: 'fetched', images: newImages }),
  ],
  'running, artefacts of run 2 fetched at last': [
    { ...fetchFailed('image_unavailable', now), images: newImages },
    withArtefacts({ kind: 'fetched', images: newImages }),
  ],
  'running, artefacts of run 2 not to be had': [
    heldUp(),
    withArtefacts({ kind: 'failed', reason: unfetched('image_unavailable') }),
  ],
  'the same, journaled': [
    fetchFailed('image_unavailable', now + 2_000),
    withArtefacts({ kind: 'failed', reason: unfetched('image_unavailable') }),
  ],
  'the same, journaled, next try due': [fetchFailed('image_unavailable', now), alive('running')],
  'the same, journaled, next try failed': [
    fetchFailed('image_unavailable', now - 1_000),
    withArtefacts({ kind: 'failed', reason: unfetched('image_unavailable', now) }),
  ],
  'running, artefacts of run 2 are others than stated': [
    fetchFailed('checksum_mismatch', null),
    withArtefacts({ kind: 'failed', reason: unfetched('checksum_mismatch') }),
  ],
  'running, artefacts of an older order were not to be had': [
    fetchFailed('checksum_mismatch', null, 1),
    alive('running'),
  ],
  'paused behind our back while artefacts of run 2 are not to be had': [
    { ...fetchFailed('image_unavailable', now + 2_000), incarnation: paused },
    alive('paused'),
  ],
  'the same, next try due': [{ ...fetchFailed('image_unavailable', now), incarnation: paused }, alive('paused')],
  'paused behind our back while a change in place does not come': [
    heldUp({ incarnation: paused }),
    alive('paused', someFacts({ memoryMib: 64, memoryMinMib: 64 })),
  ],
  'paused behind our back when the change in place had come': [heldUp({ incarnation: paused }), alive('paused')],
  paused: [aRunningRecord({ incarnation: paused }), alive('paused')],
  'paused behind our back': [aRunningRecord(), alive('paused')],
  'paused, then reset': [aRunningRecord({ incarnation: paused }), alive('frozen')],
  'monitor falls silent': [aRunningRecord(), silent],
  'monitor silent for 10 s': [aRunningRecord({ silentSince: now - 10_000 }), silent],
  'monitor silent for 6 minutes': [aRunningRecord({ silentSince: now - 360_000, silenceTold: true }), silent],
  'monitor silent for 6 minutes, for one of which it was looked at': [
    aRunningRecord({ silentSince: now - 360_000, silenceTold: true }),
    { ...silent, silentSeenSince: now - 60_000 },
  ],
  'a disk file was removed under it': [aRunningRecord(), alive('running', someFacts({ lostFiles }))],
  'a disk file was removed under it, told': [aRunningRecord({ lostFiles }), alive('running', someFacts({ lostFiles }))],
  'a disk file was removed under it, artefacts of run 2 fetched and journaled': [
    heldUp({ lostFiles, images: newImages }),
    { ...withArtefacts({ kind: 'fetched', images: newImages }), facts: someFacts({ lostFiles }) },
  ],
  'a disk file was removed, monitor silent for 6 minutes': [
    aRunningRecord({ lostFiles, silentSince: now - 360_000, silenceTold: true }),
    silent,
  ],
  'a disk file was removed, health checks fail': [
    aRunningRecord({ lostFiles, checksPassed: ['web'] }),
    { ...unhealthy('health_check_failed'), facts: someFacts({ lostFiles }) },
  ],
  'a disk file was removed, guest panicked, journaled': [
    aRunningRecord({
      lostFiles,
      incarnation: anIncarnation({ kind: 'stopped', process: testProcess, startedAt: 0, how: 'panic' }),
    }),
    alive('panicked', someFacts({ lostFiles })),
  ],
  'condemned for its health, a disk file was removed, grace over': [
    { ...stopping({ failure: reason('health_check_failed').reason, killAt: now }), lostFiles },
    alive('running', someFacts({ lostFiles })),
  ],
  'condemned for its health, a disk file was removed, powered off': [
    { ...stopping({ failure: reason('health_check_failed').reason }), lostFiles },
    alive('powered_off', someFacts({ lostFiles })),
  ],
  'condemned by its user, a disk file was removed, grace over': [
    { ...stopping({ killAt: now }), lostFiles },
    alive('running', someFacts({ lostFiles })),
  ],
  'a removed disk file is in its place again': [aRunningRecord({ lostFiles }), alive('running')],
  'monitor answers again': [aRunningRecord({ silentSince: now - 5_000 }), alive('running')],
  'probe inconclusive': [aRunningRecord(), { ...silent, process: { life: 'inconclusive', because: 'EIO' } }],
  'condemned, not asked': [stopping({ askedAt: null }), alive('running')],
  'condemned, asked': [stopping({}), alive('running')],
  'condemned, asked 5 s ago': [stopping({ askedAt: now - 5_000 }), alive('running')],
  'condemned, paused': [stopping({ askedAt: null }), alive('paused')],
  'condemned, no room for its writes': [stopping({ askedAt: null }), alive('io_error')],
  'condemned, grace over': [stopping({ killAt: now }), alive('running')],
  'condemned, grace over, journaled': [stopping({ killAt: now, graceOver: true }), alive('running')],
  'condemned, grace over, never asked': [stopping({ askedAt: null, killAt: now - 600_000 }), alive('running')],
  'condemned, grace over, never asked, paused': [stopping({ askedAt: null, killAt: now - 600_000 }), alive('paused')],
  'condemned, grace over, never asked, monitor silent': [
    { ...stopping({ askedAt: null, killAt: now - 600_000 }), silentSince: now - 1_000 },
    silent,
  ],
  'condemned, forced': [stopping({ mode: 'forced' }), alive('running')],
  'condemned, forced, as its monitor was silent': [
    { ...stopping({ mode: 'forced', because: 'unresponsive' }), silentSince: now - 360_000, silenceTold: true },
    silent,
  ],
  'condemned, its health check failed, gone': [stopping({ failure: reason('health_check_failed').reason }), killed],
  'condemned, powered off': [stopping({}), alive('powered_off')],
  'condemned, gone': [stopping({}), killed],
  'no room for what the guest writes': [aRunningRecord(), alive('io_error')],
  'no room for what the guest writes, journaled': [aRunningRecord({ incarnation: paused }), alive('io_error')],
  'no room for what the guest writes, artefacts of run 2 being fetched': [
    heldUp({ incarnation: paused }),
    withArtefacts({ kind: 'fetching' }, 'io_error'),
  ],
  'guest powered itself off': [aRunningRecord(), alive('powered_off')],
  'guest powered itself off, journaled': [
    aRunningRecord({
      incarnation: anIncarnation({ kind: 'stopped', process: testProcess, startedAt: 0, how: 'power_off' }),
    }),
    alive('powered_off'),
  ],
  'guest panicked': [aRunningRecord(), alive('panicked')],
  'hypervisor stopped on an error': [aRunningRecord(), alive('internal_error')],
  'process killed': [aRunningRecord(), killed],
  'host rebooted': [
    aRunningRecord({
      incarnation: anIncarnation({ kind: 'running', process: { ...testProcess, bootId: 'boot-0' }, startedAt: 0 }),
    }),
    nothingThere,
  ],
  'failed, next try due': [
    aRecord({ incarnation: over, failure: reason('hypervisor_exited'), restart: { attempt: 1, nextAt: now } }),
    { ...nothingThere, leftovers: true },
  ],
  'failed, backing off': [
    aRecord({ incarnation: over, failure: reason('hypervisor_exited'), restart: { attempt: 3, nextAt: now + 4_000 } }),
    { ...nothingThere, leftovers: true },
  ],
  'image unavailable, backing off': [
    aRecord({ incarnation: over, failure: reason('image_unavailable'), restart: { attempt: 3, nextAt: now + 4_000 } }),
    { ...nothingThere, leftovers: true },
  ],
  'image unavailable, next try due': [
    aRecord({ incarnation: over, failure: reason('image_unavailable'), restart: { attempt: 3, nextAt: now } }),
    { ...nothingThere, leftovers: true },
  ],
  'a data disk was left out': [
    aRecord({ observedGeneration: 1, disksMade: ['data'], disksToDrop: ['data'] }),
    { ...nothingThere, leftovers: true },
  ],
  'running, a data disk was left out': [
    aRunningRecord({ disksMade: ['data'], disksToDrop: ['data'] }),
    alive('running', someFacts({ disks: [{ name: 'data', sizeGib: 1 }] })),
  ],
  'wrong checksum': [
    aRecord({ incarnation: over, failure: reason('checksum_mismatch') }),
    { ...nothingThere, leftovers: true },
  ],
  'run ended by guest power-off': [
    aRecord({ observedGeneration: 1, runEnded: { run: 1, cause: 'guest_power_off', at: 0 } }),
    { ...nothingThere, leftovers: true },
  ],
};
