import { type FailureCode, type FailureReason, isFailureCode } from '../../core/instance/failure-reason.ts';
import type { TimeMs } from '../../core/kit/brand.ts';
import { Fault, tellable } from '../../core/kit/fault.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import type { Performing } from './performing.ts';

/** The text of an unforeseen error does not leave this host, so its log has it. */
export function logUnforeseen({ ctx, slot }: Pick<Performing, 'ctx' | 'slot'>, error: unknown): void {
  if (error instanceof Fault) return;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  ctx.deps.log.error('an unforeseen error', { uid: slot.uid, message });
}

/** A fault of a port as a stored reason. `otherwise`: the code for faults that are no failure reason by themselves. */
export function reasonOfFault(error: unknown, otherwise: FailureCode, at: TimeMs): FailureReason {
  const code = error instanceof Fault ? error.code : 'internal';
  const message = tellable(error);
  const details = error instanceof Fault ? (error.details as JsonObject) : {};
  if (isFailureCode(code)) return { code, message, at, details };
  if (code === 'port_conflict') return { code: 'network_unavailable', message, at, details: { ...details, code } };
  return { code: otherwise, message, at, details: { ...details, code: code as Json } };
}
