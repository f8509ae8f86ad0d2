/** Turns the issues of zod into offences: exact path, what was there, what would be right, in words of our own. */
import { z } from 'zod';
import type { Json } from '../../core/kit/json.ts';
import { didYouMean } from './did-you-mean.ts';
import { type FieldText, hasControlCharacter } from './field-types.ts';
import { clipGot, type Offence, type OffenceCode, type PathPart, renderPath, valueAt } from './offence.ts';
import { arrayMax, mayBeAbsent, schemaAt, textOf, typeWords, wanted } from './schema-words.ts';

type Issue = z.core.$ZodIssue;
type OffenceBody = Pick<Offence, 'code' | 'message' | 'expected'> & { readonly path: readonly PathPart[] };

function fieldName(path: readonly PathPart[]): string {
  const last = path.at(-1);
  if (last === undefined) return 'The document';
  if (typeof last === 'string') return last;
  const list = path.at(-2);
  return `${typeof list === 'string' ? list : 'list'}[${last}]`;
}

const one = (path: readonly PathPart[], code: OffenceCode, message: string, expected: Json): OffenceBody[] => [
  { path, code, message, expected },
];

/** Where an issue is: what stands there, what should, and the schema of the whole document. */
interface Spot {
  readonly path: readonly PathPart[];
  readonly got: unknown;
  readonly schema: z.core.$ZodType | undefined;
  readonly rootSchema: z.core.$ZodType;
}

function wrongType({ path, got, schema, rootSchema }: Spot): OffenceBody[] {
  const { words, short } = wanted(schema);
  if (got === undefined) return one(path, 'missing', `${fieldName(path)} is required: ${words}`, short);
  const quote =
    textOf(schema)?.kind === 'text' && (typeof got === 'number' || typeof got === 'boolean')
      ? '; put it in quotes'
      : '';
  const reset = got === null && mayBeAbsent(rootSchema, path) ? '; leave the field out for its default' : '';
  return one(path, 'wrong_type', `${fieldName(path)} is ${words}, not ${typeWords(got)}${quote}${reset}`, short);
}

function badText(path: readonly PathPart[], got: string, text: Extract<FieldText, { kind: 'text' }>): OffenceBody[] {
  if (hasControlCharacter(got, text.lines)) {
    const except = text.lines ? ' other than line ends and tabs' : '';
    const message = `${fieldName(path)} holds no control characters${except} and no unpaired surrogates`;
    return one(path, 'control_character', message, text.expected);
  }
  if (text.pattern === null && got.length > text.maxLength) return tooLong(path, got, text.maxLength);
  const fault = text.explain?.(got);
  if (fault) return one(path, fault.code, fault.message, text.expected);
  if (got.length > text.maxLength && text.pattern?.test(got)) return tooLong(path, got, text.maxLength);
  return one(path, 'bad_format', text.says, text.expected);
}

function tooLong(path: readonly PathPart[], got: string, max: number): OffenceBody[] {
  const message = `${fieldName(path)} is at most ${max} characters, not ${got.length}`;
  return one(path, 'too_long', message, `text of at most ${max} characters`);
}

function badValue(spot: Spot): OffenceBody[] {
  const { path, got, schema } = spot;
  const text = textOf(schema);
  const { words, short } = wanted(schema);
  if (text?.kind === 'choice' && typeof got === 'string') {
    const guess = didYouMean(got, text.values);
    const hint = guess === undefined ? '' : `; did you mean '${guess}'?`;
    return one(path, 'unsupported', `${fieldName(path)} is ${words}${hint}`, short);
  }
  if (schema instanceof z.ZodLiteral && typeof got === 'string') {
    return one(path, 'unsupported', `${fieldName(path)} is ${words}; nothing else is known here`, short);
  }
  return wrongType(spot);
}

function outOfRange({ path, got, schema }: Spot): OffenceBody[] {
  const text = textOf(schema);
  if (text?.kind === 'text' && typeof got === 'string') return badText(path, got, text);
  if (text?.kind === 'integer' && typeof got === 'number') {
    const side = got < text.min ? `at least ${text.min}` : `at most ${text.max}`;
    return one(path, 'out_of_range', `${fieldName(path)} is ${side}`, `integer ${text.min}..${text.max}`);
  }
  const max = text?.kind === 'list' ? text.max : undefined;
  const size = Array.isArray(got) ? got.length : 0;
  const limit = max ?? (schema instanceof z.ZodArray ? arrayMax(schema) : 0);
  return one(
    path,
    'too_many',
    `${fieldName(path)} has at most ${limit} entries, not ${size}`,
    `at most ${limit} entries`,
  );
}

function unknownFields(
  path: readonly PathPart[],
  keys: readonly string[],
  schema: z.core.$ZodType | undefined,
): OffenceBody[] {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.def.shape) : [];
  return keys.map((key) => {
    const guess = didYouMean(key, known);
    const message = guess === undefined ? 'Unknown field' : `Unknown field; did you mean '${guess}'?`;
    return { path: [...path, key], code: 'unknown_field', message, expected: known };
  });
}

function bodiesOf(issue: Issue, root: unknown, rootSchema: z.core.$ZodType): OffenceBody[] {
  const path = issue.path as readonly PathPart[];
  const got = valueAt(root, path);
  const schema = schemaAt(rootSchema, path);
  const spot = { path, got, schema, rootSchema };
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownFields(path, issue.keys, schema);
    case 'invalid_key': {
      const text = textOf(schemaAt(rootSchema, path.slice(0, -1)));
      if (text?.kind !== 'map') return one(path, 'bad_format', 'The key has a wrong format', 'another key');
      return one(path, 'bad_format', text.keySays, text.keyExpected);
    }
    case 'too_big':
    case 'too_small':
    case 'invalid_format':
    case 'custom':
      return outOfRange(spot);
    case 'invalid_value':
      return got === undefined ? wrongType(spot) : badValue(spot);
    default:
      return wrongType(spot);
  }
}

/** Every offence that a failed parse found, one for each path, in the order of the document's schema. */
export function zodOffences(
  issues: readonly Issue[],
  root: unknown,
  rootSchema: z.core.$ZodType,
  document: number,
): readonly Offence[] {
  const found = new Map<string, Offence>();
  for (const issue of issues) {
    for (const { path, code, message, expected } of bodiesOf(issue, root, rootSchema)) {
      const text = renderPath(path);
      if (found.has(text)) continue;
      found.set(text, { document, path: text, code, message, got: clipGot(valueAt(root, path), path), expected });
    }
  }
  return [...found.values()];
}
