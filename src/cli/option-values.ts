import { Fault } from '../core/kit/fault.ts';
import { parseDuration } from './parse-duration.ts';

/** The options of one call, read by the name of their long flag (`dry-run`), checked when read. */
export interface OptionValues {
  has(name: string): boolean;
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  /** A whole number; anything else is a usage error. */
  integer(name: string, range: { readonly min: number; readonly max: number }): number | undefined;
  /** Milliseconds of `30`, `30s`, `5m`, `1h`; `fallback` where a flag that may came without a value. */
  durationMs(name: string, fallback?: number): number | undefined;
}

export function optionValues(values: Readonly<Record<string, unknown>>): OptionValues {
  const textOf = (name: string): string | undefined => {
    const value = values[name];
    if (value === undefined || typeof value === 'boolean') return undefined;
    return Array.isArray(value) ? String(value.at(-1)) : String(value);
  };
  return {
    has: (name) => values[name] !== undefined,
    flag: (name) => values[name] === true,
    text: textOf,
    list: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
    },
    integer(name, { min, max }) {
      const text = textOf(name);
      if (text === undefined) return undefined;
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw new Fault('usage', `--${name} is a whole number from ${min} to ${max}, not '${text}'`);
    },
    durationMs(name, fallback) {
      if (values[name] === undefined) return undefined;
      const text = textOf(name);
      return fallback !== undefined && (text ?? '') === '' ? fallback : parseDuration(text ?? '', `--${name}`);
    },
  };
}
