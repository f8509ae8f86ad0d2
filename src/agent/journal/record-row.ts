/** The journal row of an instance record. The stored form is a type of its own (S33): versioned, read totally. */
import type { LostFile } from '../../core/instance/evidence.ts';
import type { FailureReason, OperationError, PastFailure } from '../../core/instance/failure-reason.ts';
import { failureFromForeign } from '../../core/instance/failure-reason.ts';
import type { EndCause, Incarnation, IncarnationState } from '../../core/instance/incarnation.ts';
import type { ProcessProof } from '../../core/instance/process.ts';
import type {
  ImageWords,
  InstanceRecord,
  OrderingStore,
  ResolvedImage,
  RunEnded,
  StandingFailure,
} from '../../core/instance/record.ts';
import type { IncarnationId, Uid } from '../../core/kit/brand.ts';
import type { Json } from '../../core/kit/json.ts';
import {
  bare,
  boolean,
  branded,
  type Decode,
  dict,
  integer,
  json,
  list,
  nullable,
  number,
  object,
  oneOf,
  orElse,
  text,
  union,
  versionUpTo,
} from '../../wire/link/decode.ts';
import { decodeDesired, decodeVmSpec } from '../../wire/link/vm-spec-json.ts';

/** Version of the row's form; a reader refuses newer ones. */
const recordRowVersion = 1;

const decodeProcess = object<ProcessProof>({ pid: integer, startTime: integer, bootId: text });

const rawReason = object({ code: nullable(text), message: text, at: number, details: json });

/** S30, S33: no code reads as `prehistoric`, a newer one as `from_agent`. */
const decodeReason: Decode<FailureReason> = (value, path) => {
  const { code, message, at, details } = rawReason(value, path);
  return failureFromForeign(code, message, at, details);
};

const decodeTimes = object({ times: orElse(nullable(integer), null), lastAt: orElse(nullable(number), null) });

const decodePast: Decode<PastFailure> = (value, path) => {
  const { times, lastAt } = decodeTimes(value, path);
  const reason = decodeReason(value, path);
  return times === null || lastAt === null ? reason : { ...reason, times, lastAt };
};

const stopBecause = oneOf('user_stop', 'run_superseded', 'deleted', 'unresponsive', 'unwanted', 'unhealthy');
const live = { process: decodeProcess, startedAt: number };

const decodeEndCause = union<EndCause>({
  stopped: object({ because: stopBecause, forced: boolean, graceOver: orElse(boolean, false) }),
  guest_power_off: bare,
  host_reboot: bare,
  removed: bare,
});

const decodeState = union<IncarnationState>({
  creating: bare,
  starting: object({ process: nullable(decodeProcess) }),
  running: object(live),
  paused: object(live),
  stopping: object({
    process: decodeProcess,
    startedAt: nullable(number),
    mode: oneOf('graceful', 'forced'),
    because: stopBecause,
    killAt: number,
    askedAt: nullable(number),
    graceOver: orElse(boolean, false),
    failure: orElse(nullable(decodeReason), null),
  }),
  stopped: object({ process: decodeProcess, startedAt: nullable(number), how: oneOf('power_off', 'panic') }),
  rebooting: object(live),
  migrating: object(live),
  failed: object({ reason: decodeReason }),
  destroyed: object({ cause: decodeEndCause }),
  unwound: bare,
});

const decodeIncarnation = object<Incarnation>({
  id: branded<IncarnationId>(),
  run: integer,
  state: decodeState,
  stateGeneration: integer,
  stateSince: number,
  started: object({ spec: decodeVmSpec, specHash: text, generation: integer }),
});

const decodeOperationError = object<OperationError>({
  reason: decodeReason,
  incarnationId: nullable(branded<IncarnationId>()),
  generation: integer,
  retryAt: nullable(number),
  attempt: integer,
});

const decodeRecord = object<InstanceRecord>({
  uid: branded<Uid>(),
  name: text,
  placement: integer,
  seenGeneration: integer,
  observedGeneration: integer,
  guestStateMet: orElse(nullable(integer), 0),
  incarnation: nullable(decodeIncarnation),
  everRan: boolean,
  restart: object({ attempt: integer, nextAt: nullable(number) }),
  failure: nullable(object<StandingFailure>({ reason: decodeReason, generation: integer, run: integer })),
  operationError: nullable(decodeOperationError),
  runEnded: nullable(object<RunEnded>({ run: integer, cause: oneOf('guest_power_off', 'host_reboot'), at: number })),
  history: list(decodePast),
  images: dict(object<ResolvedImage>({ sha256: text, sizeBytes: integer, resolvedAt: number })),
  rootMadeFrom: nullable(text),
  // A row of an agent that did not note it: its user was asked about every change until now.
  unaskedImage: orElse(nullable(object<ImageWords>({ imageUrl: nullable(text), imageSha256: nullable(text) })), null),
  disksMade: orElse(list(text), []),
  disksToDrop: orElse(list(text), []),
  hostPorts: dict(integer),
  checksPassed: orElse(list(text), []),
  askedToStopAt: orElse(nullable(number), null),
  silentSince: nullable(number),
  silenceTold: orElse(boolean, false),
  lostFiles: orElse(list(object<LostFile>({ disk: text, how: oneOf('gone', 'replaced', 'unknown') })), []),
  lastOrder: orElse(nullable(decodeDesired), null),
  orderedBy: orElse(nullable(object<OrderingStore>({ clusterId: text, epoch: integer })), null),
});

export function recordToRow(record: InstanceRecord): Json {
  return { v: recordRowVersion, record: record as unknown as Json };
}

/** Throws `Undecodable` for a damaged row or one of a newer version. */
export function recordFromRow(row: Json): InstanceRecord {
  return object({ v: versionUpTo(recordRowVersion), record: decodeRecord })(row, '').record;
}
