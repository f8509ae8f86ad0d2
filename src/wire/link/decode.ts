/**
 * Reading values that were stored or sent by another version: total decoders that either give the domain type or throw
 * `Undecodable` with the path. Unknown fields are ignored; `orElse` gives fields that older writers did not know.
 */
import type { JsonObject } from '../../core/kit/json.ts';

/** The value is not what this version can read. */
export class Undecodable extends Error {
  readonly path: string;

  constructor(path: string, expected: string) {
    super(`${path === '' ? 'value' : path} is not ${expected}`);
    this.name = 'Undecodable';
    this.path = path;
  }
}

export type Decode<T> = (value: unknown, path: string) => T;

export const text: Decode<string> = (value, path) => {
  if (typeof value !== 'string') throw new Undecodable(path, 'text');
  return value;
};

/** Text with a brand; what wrote it had checked it. */
export const branded = <T extends string>(): Decode<T> => text as Decode<T>;

export const number: Decode<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Undecodable(path, 'a finite number');
  return value;
};

export const integer: Decode<number> = (value, path) => {
  if (!Number.isSafeInteger(value)) throw new Undecodable(path, 'an integer');
  return value as number;
};

export const boolean: Decode<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new Undecodable(path, 'true or false');
  return value;
};

/** The version of a stored form, up to the newest this reader knows. */
export const versionUpTo =
  (newest: number): Decode<number> =>
  (value, path) => {
    const version = integer(value, path);
    if (version < 1 || version > newest) throw new Undecodable(path, `a version from 1 to ${newest}`);
    return version;
  };

/** Any JSON object, as it is. */
export const json: Decode<JsonObject> = (value, path) => record(value, path) as JsonObject;

export const oneOf =
  <const T extends string>(...members: readonly T[]): Decode<T> =>
  (value, path) => {
    const found = members.find((member) => member === value);
    if (found === undefined) throw new Undecodable(path, `one of ${members.join(', ')}`);
    return found;
  };

export const nullable =
  <T>(decode: Decode<T>): Decode<T | null> =>
  (value, path) =>
    value === null ? null : decode(value, path);

/** For a field that older writers did not know. */
export const orElse =
  <T>(decode: Decode<T>, missing: T): Decode<T> =>
  (value, path) =>
    value === undefined ? missing : decode(value, path);

export const list =
  <T>(decode: Decode<T>): Decode<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw new Undecodable(path, 'a list');
    return value.map((item, index) => decode(item, `${path}[${index}]`));
  };

export const dict =
  <T>(decode: Decode<T>): Decode<Readonly<Record<string, T>>> =>
  (value, path) =>
    Object.fromEntries(
      Object.entries(record(value, path)).map(([key, member]) => [key, decode(member, `${path}.${key}`)]),
    );

/** Every field of T has a decoder: a field added to T does not compile until it is read. */
export const object = <T>(shape: { readonly [K in keyof T]-?: Decode<T[K]> }): Decode<T> => {
  // An object of many fields that are added one by one becomes a hash table, several times as large: they are all there at once.
  const blank: object = { ...Object.fromEntries(Object.keys(shape).map((key) => [key, null])) };
  return (value, path) => {
    const source = record(value, path);
    const result: Partial<T> = { ...blank };
    for (const key in shape) result[key] = shape[key](source[key], path === '' ? key : `${path}.${key}`);
    return result as T;
  };
};

/** A discriminated union by `kind`. */
export const union =
  <T extends { readonly kind: string }>(
    members: {
      readonly [K in T['kind']]: Decode<Omit<Extract<T, { readonly kind: K }>, 'kind'>>;
    },
  ): Decode<T> =>
  (value, path) => {
    const kind = record(value, path)['kind'];
    if (typeof kind !== 'string' || !Object.hasOwn(members, kind)) {
      throw new Undecodable(`${path}.kind`, `one of ${Object.keys(members).join(', ')}`);
    }
    return { kind, ...members[kind as T['kind']](value, path) } as unknown as T;
  };

/** A member of a union without data. */
export const bare: Decode<Record<never, never>> = () => ({});

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Undecodable(path, 'an object');
  return value as Readonly<Record<string, unknown>>;
}
