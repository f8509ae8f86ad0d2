import type { ErrorCode } from '../core/kit/error-table.ts';
import type { JsonObject } from '../core/kit/json.ts';

/** A "no" that is part of the contract: returned, never thrown (architecture rule 8). */
export interface Refusal {
  readonly refused: true;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: JsonObject;
}

export function refuse(code: ErrorCode, message: string, details: JsonObject = {}): Refusal {
  return { refused: true, code, message, details };
}

export function isRefused<T extends object>(value: T | Refusal): value is Refusal {
  return 'refused' in value;
}
