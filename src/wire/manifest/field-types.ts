/**
 * Building blocks of document schemas. Each returns a zod schema with its OpenAPI description and default, and
 * registers what an offence says about it, so that validation, documentation and messages cannot drift apart.
 * Defaults are described, never filled in: a parsed document holds exactly what the user set.
 */
import { z } from 'zod';
import type { Json } from '../../core/kit/json.ts';
import type { OffenceCode } from './offence.ts';

/** Why a text is wrong although it has the right type and length. */
export interface TextFault {
  readonly code: OffenceCode;
  readonly message: string;
}

/** What offences say about a field. */
export type FieldText =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly unit: string | null }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'flag' }
  | {
      readonly kind: 'text';
      readonly says: string;
      readonly expected: string;
      readonly maxLength: number;
      readonly pattern: RegExp | null;
      readonly lines: boolean;
      readonly explain: ((value: string) => TextFault | null) | null;
    }
  | { readonly kind: 'list'; readonly max: number; readonly of: string }
  | { readonly kind: 'map'; readonly max: number; readonly keySays: string; readonly keyExpected: string };

export const fieldTexts = z.registry<FieldText>();

export interface Described {
  readonly description: string;
  /** As documented; null when absence means "none". */
  readonly default?: Json | undefined;
}

const metaOf = ({ description, default: fallback }: Described): { description: string; default?: Json } =>
  fallback === undefined ? { description } : { description, default: fallback };

/**
 * No control characters, separators of lines or lone surrogates: they break terminals, logs, argv and canonical JSON.
 */
const singleLine = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;
/** The same, but lines and tabs are text. One class, so it never backtracks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: to refuse them, it names them
const manyLines = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\p{Cs}]*$/u;

export const hasControlCharacter = (text: string, lines: boolean): boolean =>
  !(lines ? manyLines : singleLine).test(text);

export function integer({
  min,
  max,
  unit,
  ...described
}: Described & { min: number; max: number; unit: string | null }) {
  const schema = z.int().min(min).max(max).meta(metaOf(described));
  return schema.register(fieldTexts, { kind: 'integer', min, max, unit });
}

export function choice<const T extends readonly string[]>(values: T, described: Described) {
  return z.enum(values).meta(metaOf(described)).register(fieldTexts, { kind: 'choice', values });
}

export function flag(described: Described) {
  return z.boolean().meta(metaOf(described)).register(fieldTexts, { kind: 'flag' });
}

export interface TextRule extends Described {
  /** The rule as a sentence: what an offence says. */
  readonly says: string;
  /** The rule in short: a pattern or an example. */
  readonly expected: string;
  readonly maxLength: number;
  readonly pattern?: RegExp;
  readonly lines?: boolean;
  readonly explain?: (value: string) => TextFault | null;
}

export function text(rule: TextRule) {
  const { says, expected, maxLength, lines = false, pattern = null, explain = null } = rule;
  let schema = z
    .string()
    .max(maxLength)
    .regex(lines ? manyLines : singleLine);
  if (pattern !== null) schema = z.string().max(maxLength).regex(pattern);
  if (explain !== null) schema = schema.refine((value) => explain(value) === null);
  return schema
    .meta(metaOf(rule))
    .register(fieldTexts, { kind: 'text', says, expected, maxLength, pattern, lines, explain });
}

export function list<T extends z.ZodType>(item: T, { max, of, ...described }: Described & { max: number; of: string }) {
  return z.array(item).max(max).meta(metaOf(described)).register(fieldTexts, { kind: 'list', max, of });
}

const labelKeySays =
  "A key is an optional DNS prefix with '/', then at most 63 letters, digits, '-', '_', '.', alphanumeric at both ends";
const labelName = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
const labelPrefix = '(?=[^/]{1,253}/)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*/';
export const labelKeyPattern = new RegExp(`^(?:${labelPrefix})?${labelName}$`);
export const labelValuePattern = new RegExp(`^(?:${labelName})?$`);

/** A map by label keys. */
export function map<T extends z.ZodType>(value: T, { max, ...described }: Described & { max: number }) {
  const keyExpected = '[dns.prefix/]name';
  return z
    .record(z.string().regex(labelKeyPattern), value)
    .meta(metaOf(described))
    .register(fieldTexts, { kind: 'map', max, keySays: labelKeySays, keyExpected });
}
