/** Arbitrary values of the link's domain types: every member of every union appears. */
import fc from 'fast-check';
import type { DesiredVm } from '../../../core/instance/desired.ts';
import { type FailureReason, failureCodes, type PastFailure } from '../../../core/instance/failure-reason.ts';
import type { EndCause, IncarnationState } from '../../../core/instance/incarnation.ts';
import type { InstanceRecord } from '../../../core/instance/record.ts';
import type { HealthProbe, VmSpec } from '../../../core/instance/spec.ts';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import type { JsonObject } from '../../../core/kit/json.ts';
import type { ObservedIncarnation, ObservedInstance } from '../../../core/node/observation.ts';

/** Plain objects, as they come from JSON and from literals. */
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(shape, { noNullPrototype: true }) as fc.Arbitrary<T>;

const count = fc.nat({ max: 2 ** 31 });
const wide = fc.maxSafeNat();
const time = fc.integer({ min: 1, max: 4_102_444_800_000 });
const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const port = fc.integer({ min: 1, max: 65_535 });
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const few = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 3 });
const dict = <T>(value: fc.Arbitrary<T>) => fc.dictionary(word, value, { maxKeys: 3, noNullPrototype: true });
const uid = fc.uuid().map(asUid);
const incarnationId = fc.uuid().map(asIncarnationId);

const forward = record({
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  hostIp: fc.ipV4(),
  hostPort: port,
  guestPort: port,
});

const probe: fc.Arbitrary<HealthProbe> = fc.oneof(
  record({ kind: fc.constant('tcp' as const), port }),
  record({ kind: fc.constant('http' as const), port, path: word }),
  record({ kind: fc.constant('command' as const), command: few(word) }),
);

export const arbitrarySpec: fc.Arbitrary<VmSpec> = record({
  cpuCores: count,
  memoryMib: count,
  cpuCoresMax: orNull(count),
  memoryMaxMib: orNull(count),
  imageUrl: orNull(word),
  imageSha256: orNull(word),
  imageFormat: orNull(fc.constantFrom('qcow2' as const, 'raw' as const)),
  kernel: orNull(word),
  kernelSha256: orNull(word),
  initrd: orNull(word),
  initrdSha256: orNull(word),
  cmdline: orNull(word),
  diskGib: orNull(count),
  disks: few(record({ name: word, sizeGib: count, pool: word, ephemeral: fc.boolean(), readOnly: fc.boolean() })),
  nics: few(record({ name: word, network: word, mac: word, forwards: few(forward) })),
  architecture: fc.constantFrom('amd64' as const, 'arm64' as const),
  firmwareId: fc.constantFrom('seabios' as const, 'ovmf' as const),
  machine: fc.constantFrom('q35' as const, 'microvm' as const),
  accel: fc.constantFrom('auto' as const, 'kvm' as const, 'tcg' as const),
  runtime: fc.constantFrom('qemu' as const, 'cloud_hypervisor' as const),
  cloudInit: orNull(
    record({
      userData: orNull(word),
      networkConfig: orNull(word),
      sshAuthorizedKeys: few(word),
      hostname: orNull(word),
    }),
  ),
  placement: record({
    node: orNull(word),
    selector: dict(word),
    preferred: dict(word),
    affinityGroups: few(word),
  }),
  restartPolicy: fc.constantFrom('never' as const, 'on_failure' as const, 'always' as const),
  nodeLossPolicy: fc.constantFrom('pin' as const, 'restart_elsewhere' as const),
  driftPolicy: fc.constantFrom('correct' as const, 'detect' as const),
  onUnresponsive: fc.constantFrom('report' as const, 'restart' as const),
  stop: record({ graceSeconds: count, onTimeout: fc.constantFrom('kill' as const, 'fail' as const) }),
  healthChecks: few(record({ name: word, probe, intervalSeconds: count, timeoutSeconds: count, retries: count })),
  startAtBoot: fc.boolean(),
  bootOrder: fc.integer(),
  dependsOn: few(word),
  deletionProtection: fc.boolean(),
});

export const arbitraryDesired: fc.Arbitrary<DesiredVm> = record({
  uid,
  name: word,
  generation: wide,
  placement: wide,
  desiredPhase: fc.constantFrom('running' as const, 'stopped' as const, 'deleted' as const, 'released' as const),
  desiredPaused: fc.boolean(),
  run: wide,
  changeRuns: fc.nat(),
  stopMode: fc.constantFrom('graceful' as const, 'forced' as const),
  spec: arbitrarySpec,
  specHash: word,
  pinnedImages: dict(word),
});

const details = fc.dictionary(word, fc.oneof(word, count, fc.boolean(), few(word)), {
  maxKeys: 3,
  noNullPrototype: true,
}) as fc.Arbitrary<JsonObject>;

export const arbitraryReason: fc.Arbitrary<FailureReason> = record({
  code: fc.constantFrom(...failureCodes).filter((code) => code !== 'prehistoric'),
  message: word,
  at: time,
  details,
});

const past: fc.Arbitrary<PastFailure> = fc
  .tuple(arbitraryReason, orNull(record({ times: fc.integer({ min: 2, max: 2 ** 32 - 1 }), lastAt: time })))
  .map(([reason, again]) => ({ ...reason, ...again }));

const stopBecause = fc.constantFrom(
  'user_stop' as const,
  'run_superseded' as const,
  'deleted' as const,
  'unresponsive' as const,
  'unwanted' as const,
  'unhealthy' as const,
);
const mode = fc.constantFrom('graceful' as const, 'forced' as const);

const endCause: fc.Arbitrary<EndCause> = fc.oneof(
  record({
    kind: fc.constant('stopped' as const),
    because: stopBecause,
    forced: fc.boolean(),
    graceOver: fc.boolean(),
  }),
  fc.constant({ kind: 'guest_power_off' as const }),
  fc.constant({ kind: 'host_reboot' as const }),
  fc.constant({ kind: 'removed' as const }),
);

const standing = record({ reason: arbitraryReason, generation: wide, run: wide });
const operationError = record({
  reason: arbitraryReason,
  incarnationId: orNull(incarnationId),
  generation: wide,
  retryAt: orNull(time),
  attempt: count,
});
const runEnded = record({
  run: wide,
  cause: fc.constantFrom('guest_power_off' as const, 'host_reboot' as const),
  at: time,
});
const images = dict(record({ sha256: word, sizeBytes: wide, resolvedAt: time }));

/** States the wire has a member of its own for. */
const toldStates = [
  'starting',
  'running',
  'paused',
  'stopping',
  'stopped',
  'rebooting',
  'migrating',
  'failed',
  'destroyed',
] as const;

const lostFile = record({ disk: word, how: fc.constantFrom('gone' as const, 'replaced' as const, 'unknown' as const) });

const observedIncarnation: fc.Arbitrary<ObservedIncarnation> = record({
  id: incarnationId,
  run: wide,
  state: fc.constantFrom(...toldStates),
  stateGeneration: wide,
  stateSince: time,
  startedAt: orNull(time),
  startedGeneration: wide,
  runningHash: word,
  startedSpec: arbitrarySpec,
  stopping: orNull(record({ because: stopBecause, mode, killAt: time })),
  endCause: orNull(endCause),
});

const facts: fc.Arbitrary<NonNullable<ObservedInstance['facts']>> = record({
  cpuCores: count,
  memoryMib: wide,
  cpuCoresMax: count,
  memoryMaxMib: wide,
  memoryMinMib: wide,
  freePorts: count,
  lostFiles: few(lostFile),
  disks: few(record({ name: word, sizeGib: count })),
  rootDiskBytes: orNull(wide),
  nics: few(record({ name: word, mac: word, forwards: few(forward) })),
  accel: fc.constantFrom('kvm' as const, 'tcg' as const),
});

const guests = [
  'none',
  'frozen',
  'running',
  'paused',
  'powered_off',
  'panicked',
  'internal_error',
  'silent',
  'unknown',
] as const;

const waitingFor = [
  'image_download',
  'disks',
  'hypervisor_monitor',
  'guest_shutdown',
  'process_exit',
  'removal',
  'start_slot',
  'node',
] as const;

const unreadyWhat = ['disk_gone', 'disk_not_made', 'image', 'unknown'] as const;

export const arbitraryObservation: fc.Arbitrary<ObservedInstance> = record({
  uid,
  placement: wide,
  seenGeneration: wide,
  observedGeneration: wide,
  incarnation: orNull(observedIncarnation),
  everRan: fc.boolean(),
  guest: fc.constantFrom(...guests),
  silentSince: orNull(time),
  facts: orNull(facts),
  failure: orNull(standing),
  operationError: orNull(operationError),
  history: few(past),
  restart: record({ attempt: count, nextAt: orNull(time) }),
  runEnded: orNull(runEnded),
  waiting: orNull(record({ for: fc.constantFrom(...waitingFor), since: time, deadline: time, message: word })),
  images,
  hostPorts: dict(port),
  health: orNull(
    record({
      passing: count,
      total: count,
      failing: few(word),
      unchecked: few(record({ name: word, because: word })),
    }),
  ),
  unready: few(record({ what: fc.constantFrom(...unreadyWhat), name: word })),
});

const process = record({ pid: count, startTime: wide, bootId: word });
const live = { process, startedAt: time };
const kind = <K extends string>(name: K) => fc.constant(name);

const state: fc.Arbitrary<IncarnationState> = fc.oneof(
  record({ kind: kind('creating') }),
  record({ kind: kind('starting'), process: orNull(process) }),
  record({ kind: kind('running'), ...live }),
  record({ kind: kind('paused'), ...live }),
  record({
    kind: kind('stopping'),
    process,
    startedAt: orNull(time),
    mode,
    because: stopBecause,
    killAt: time,
    askedAt: fc.option(time),
    graceOver: fc.boolean(),
    failure: orNull(arbitraryReason),
  }),
  record({
    kind: kind('stopped'),
    process,
    startedAt: orNull(time),
    how: fc.constantFrom('power_off' as const, 'panic' as const),
  }),
  record({ kind: kind('rebooting'), ...live }),
  record({ kind: kind('migrating'), ...live }),
  record({ kind: kind('failed'), reason: arbitraryReason }),
  record({ kind: kind('destroyed'), cause: endCause }),
  record({ kind: kind('unwound') }),
);

export const arbitraryRecord: fc.Arbitrary<InstanceRecord> = record({
  uid,
  name: word,
  placement: wide,
  seenGeneration: wide,
  observedGeneration: wide,
  guestStateMet: orNull(wide),
  incarnation: orNull(
    record({
      id: incarnationId,
      run: wide,
      state,
      stateGeneration: wide,
      stateSince: time,
      started: record({ spec: arbitrarySpec, specHash: word, generation: wide }),
    }),
  ),
  everRan: fc.boolean(),
  restart: record({ attempt: count, nextAt: orNull(time) }),
  failure: orNull(standing),
  operationError: orNull(operationError),
  runEnded: orNull(runEnded),
  history: few(past),
  images,
  rootMadeFrom: orNull(word),
  unaskedImage: orNull(record({ imageUrl: orNull(word), imageSha256: orNull(word) })),
  disksMade: few(word),
  disksToDrop: few(word),
  hostPorts: dict(port),
  checksPassed: few(word),
  askedToStopAt: orNull(time),
  silentSince: orNull(time),
  silenceTold: fc.boolean(),
  lostFiles: few(lostFile),
  lastOrder: orNull(arbitraryDesired),
  orderedBy: orNull(record({ clusterId: word, epoch: count })),
});
