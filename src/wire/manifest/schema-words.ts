/** What the schema of a field says of it, in words. */
import { z } from 'zod';
import type { Json } from '../../core/kit/json.ts';
import { type FieldText, fieldTexts } from './field-types.ts';
import type { PathPart } from './offence.ts';

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.def.innerType;
  return inner;
}

/** The schema that judges the value at a path. */
export function schemaAt(root: z.core.$ZodType, path: readonly PathPart[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = unwrap(root);
  for (const part of path) {
    if (schema instanceof z.ZodObject) schema = schema.def.shape[String(part)];
    else if (schema instanceof z.ZodArray) schema = schema.def.element;
    else if (schema instanceof z.ZodRecord) schema = schema.def.valueType;
    else return undefined;
    if (schema === undefined) return undefined;
    schema = unwrap(schema);
  }
  return schema;
}

/** Whether what stands at a path may be left out: neither a required field nor an entry of a list or a map. */
export function mayBeAbsent(root: z.core.$ZodType, path: readonly PathPart[]): boolean {
  const last = path.at(-1);
  const around = schemaAt(root, path.slice(0, -1));
  return last !== undefined && around instanceof z.ZodObject && around.def.shape[String(last)] instanceof z.ZodOptional;
}

export const textOf = (schema: z.core.$ZodType | undefined): FieldText | undefined =>
  schema === undefined ? undefined : (fieldTexts.get(schema as z.ZodType) as FieldText | undefined);

export function typeWords(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      if (!Number.isFinite(value)) return 'a number without bound';
      return Number.isInteger(value) ? 'a number' : 'a fraction';
    case 'boolean':
      return 'true or false';
    default:
      return 'an object';
  }
}

/** What a field wants, as words for a message and in short for `expected`. */
export function wanted(schema: z.core.$ZodType | undefined): { readonly words: string; readonly short: Json } {
  const text = textOf(schema);
  switch (text?.kind) {
    case 'integer':
      return { words: integerWords(text.unit), short: `integer ${text.min}..${text.max}` };
    case 'choice':
      return { words: `one of ${text.values.join(', ')}`, short: text.values };
    case 'flag':
      return { words: 'true or false', short: 'true | false' };
    case 'text':
      return { words: 'text', short: text.expected };
    case 'list':
      return { words: `a list of ${text.of}`, short: `list of at most ${text.max} ${text.of}` };
    case 'map':
      return { words: 'an object of texts', short: 'object of texts' };
    case undefined:
      break;
  }
  if (schema instanceof z.ZodObject) return { words: 'an object', short: Object.keys(schema.def.shape) };
  if (schema instanceof z.ZodArray) return { words: 'a list', short: 'list of objects' };
  if (schema instanceof z.ZodString) return { words: 'text', short: 'text' };
  if (schema instanceof z.ZodLiteral)
    return { words: `'${String(schema.def.values[0])}'`, short: String(schema.def.values[0]) };
  return { words: 'another value', short: 'another value' };
}

function integerWords(unit: string | null): string {
  return unit === 'port' ? 'a port number' : unit === null ? 'a whole number' : `a whole number of ${unit}`;
}

export function arrayMax(schema: z.ZodArray): number {
  const json = z.toJSONSchema(schema) as { readonly maxItems?: number };
  return json.maxItems ?? 0;
}
