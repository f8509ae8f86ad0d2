import { Fault } from '../../core/kit/fault.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import type * as wire from '../generated/node.ts';
import { retryCodec } from './enums.ts';
import { detailsFromBytes, jsonToBytes } from './scalars.ts';

/**
 * A refusal with everything the other side needs. An error that is no fault is a defect and crosses as `internal` with its
 * text: a node lets none out of its service (spec S7).
 */
export function faultToWire(error: unknown, to: wire.Fault): void {
  const fault =
    error instanceof Fault ? error : new Fault('internal', error instanceof Error ? error.message : `${error}`);
  to.code = fault.code;
  to.message = fault.message;
  to.retry = retryCodec.toWire(fault.retry);
  to.details = jsonToBytes(fault.details as JsonObject);
}

/** An unknown retry class reads as `later`: the cautious one. */
export function faultFromWire(from: wire.Fault): Fault {
  const details = detailsFromBytes(from.details.toUint8Array());
  return new Fault(from.code, from.message, { retry: retryCodec.fromWire(from.retry) ?? 'later', details });
}
