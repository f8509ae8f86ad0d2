import type { Json, JsonObject } from '../../core/kit/json.ts';
import { Undecodable } from './decode.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Counts and times: whole and not negative; 0 on the wire where the domain says null. */
export const toWide = (value: number | null): bigint => BigInt(Math.max(0, Math.round(value ?? 0)));

/** A 64-bit number as the domain's number. */
export function fromWide(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Undecodable(what, 'a number this version can count');
  return Number(value);
}

/** A time that may be absent: 0 = none. */
export const timeFromWide = (value: bigint, what: string): number | null =>
  value === 0n ? null : fromWide(value, what);

export const jsonToBytes = (value: Json | undefined): Uint8Array => encoder.encode(JSON.stringify(value ?? {}));

/** A JSON object from bytes; what is none reads as empty, since details are for people. */
export function detailsFromBytes(bytes: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}

/** A value this version must know; else the message cannot be read. */
export function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Undecodable(what, 'known to this version');
  return value;
}

/** Absent text is empty on the wire; the domain's names and ids are never empty. */
export const textOrNull = (value: string): string | null => (value === '' ? null : value);
