/**
 * Reading of documents that may still be wrong in every way: rules over several fields look at them beside the schema.
 */

export type RawObject = Readonly<Record<string, unknown>>;

export const isRawObject = (value: unknown): value is RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The members of a list that are objects, with their index; nothing when it is no list. */
export function rawObjects(value: unknown): readonly (readonly [number, RawObject])[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => (isRawObject(item) ? [[index, item] as const] : []));
}

/** The value when it is text. */
export const rawText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The value when it is a finite number; `fallback` when it is absent. */
export function rawNumber(value: unknown, fallback?: number): number | undefined {
  if (value === undefined || value === null) return fallback;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Absent and null mean the same in a document: the default. */
export const isSet = (value: unknown): boolean => value !== undefined && value !== null;
