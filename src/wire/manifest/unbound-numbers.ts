import type { Json } from '../../core/kit/json.ts';
import type { PathPart } from './offence.ts';

export interface UnboundNumber {
  readonly path: readonly PathPart[];
  readonly value: number;
}

/** Every number of a value that JSON cannot say: without bound, or none at all. */
export function unboundNumbers(value: Json, path: readonly PathPart[] = []): readonly UnboundNumber[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    unboundNumbers(inner as Json, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
