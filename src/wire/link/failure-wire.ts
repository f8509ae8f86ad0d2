import {
  type FailureReason,
  failureFromForeign,
  type OperationError,
  type PastFailure,
} from '../../core/instance/failure-reason.ts';
import type { StandingFailure } from '../../core/instance/record.ts';
import { asIncarnationId } from '../../core/kit/brand.ts';
import type * as wire from '../generated/node.ts';
import { failureCodeCodec } from './enums.ts';
import { detailsFromBytes, fromWide, jsonToBytes, textOrNull, timeFromWide, toWide } from './scalars.ts';

export function reasonToWire(reason: FailureReason, to: wire.FailureReason): void {
  to.code = failureCodeCodec.toWire(reason.code);
  to.codeName = reason.code;
  to.message = reason.message;
  to.at = toWide(reason.at);
  to.details = jsonToBytes(reason.details);
}

/** S33: a code this version does not know becomes `from_agent`, its name kept in `details.code`; S30: none is `prehistoric`. */
export function reasonFromWire(from: wire.FailureReason): FailureReason {
  const at = fromWide(from.at, 'reason.at');
  const details = detailsFromBytes(from.details.toUint8Array());
  const code = failureCodeCodec.fromWire(from.code) ?? textOrNull(from.codeName) ?? `code ${from.code}`;
  return failureFromForeign(code, from.message, at, details);
}

export function pastToWire(past: PastFailure, to: wire.FailureReason): void {
  reasonToWire(past, to);
  if (past.times === undefined || past.lastAt === undefined) return;
  to.times = past.times;
  to.lastAt = toWide(past.lastAt);
}

export function pastFromWire(from: wire.FailureReason): PastFailure {
  const reason = reasonFromWire(from);
  if (from.times === 0) return reason;
  return { ...reason, times: from.times, lastAt: fromWide(from.lastAt, 'reason.last_at') };
}

export function standingToWire(failure: StandingFailure, to: wire.StandingFailure): void {
  reasonToWire(failure.reason, to._initReason());
  to.generation = toWide(failure.generation);
  to.run = toWide(failure.run);
}

export function standingFromWire(from: wire.StandingFailure): StandingFailure {
  return {
    reason: reasonFromWire(from.reason),
    generation: fromWide(from.generation, 'failure.generation'),
    run: fromWide(from.run, 'failure.run'),
  };
}

export function operationErrorToWire(error: OperationError, to: wire.OperationError): void {
  reasonToWire(error.reason, to._initReason());
  if (error.incarnationId !== null) to.incarnationId = error.incarnationId;
  to.generation = toWide(error.generation);
  to.retryAt = toWide(error.retryAt);
  to.attempt = error.attempt;
}

export function operationErrorFromWire(from: wire.OperationError): OperationError {
  return {
    reason: reasonFromWire(from.reason),
    incarnationId: from.incarnationId === '' ? null : asIncarnationId(from.incarnationId),
    generation: fromWide(from.generation, 'operation_error.generation'),
    retryAt: timeFromWide(from.retryAt, 'operation_error.retry_at'),
    attempt: from.attempt,
  };
}
