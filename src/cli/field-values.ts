/** `field=value` words → a JSON document, with the types that the fields have. */
import { Fault } from '../core/kit/fault.ts';
import type { Json, JsonObject } from '../core/kit/json.ts';
import { parseJson } from '../wire/manifest/parse-json.ts';
import { unboundNumbers } from '../wire/manifest/unbound-numbers.ts';

const numbers = /^(cpu_cores|memory_mib|disk_gib|cpu_cores_max|memory_max_mib|boot_order|stop\.grace_seconds)$/;
const flags = /^(start_at_boot|deletion_protection)$/;
/** Below these, every value but `null` is text whatever it looks like. */
const texts = /^(labels|annotations|placement\.(selector|preferred))\.|^(name|description|cmdline)$/;

/** A value as the field wants it; the server says what is wrong with one that is not. */
function readValue(path: string, text: string): Json {
  if (text === 'null') return null;
  if (texts.test(path)) return text;
  if (numbers.test(path) && /^-?\d+$/.test(text)) return Number(text);
  if (path === 'memory_mib' || path === 'memory_max_mib') return parseMib(path, text);
  if (flags.test(path) && (text === 'true' || text === 'false')) return text === 'true';
  if (/^[[{]/.test(text)) return readJson(path, text);
  return text;
}

const mibOf: Readonly<Record<string, number>> = { m: 1, g: 1_024, t: 1_048_576 };

/** `512`, `2GiB`, `0.5G` as MiB; `asked` is the flag or field that is set to it. Fault `usage` where that is no whole number of them. */
export function parseMib(asked: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(m|mib|g|gib|t|tib)?$/i.exec(text);
  const mib = match === null ? null : Number(match[1]) * (mibOf[(match[2] ?? 'm')[0]?.toLowerCase() ?? 'm'] ?? 1);
  if (mib !== null && Number.isSafeInteger(mib)) return mib;
  const why = mib === null ? '' : `, which is ${mib} MiB`;
  throw new Fault('usage', `${asked} is a whole number of MiB, alone or with MiB, GiB or TiB, not '${text}'${why}`);
}

function readJson(path: string, text: string): Json {
  const parsed = parseJson(text);
  if (!parsed.ok) {
    const [first = ''] = parsed.offences.map(({ message }) => message);
    throw new Fault('usage', `Cannot set ${path}: ${first[0]?.toLowerCase() ?? ''}${first.slice(1)}`);
  }
  if (unboundNumbers(parsed.value).length === 0) return parsed.value;
  // It would be sent as null, which sets the default.
  throw new Fault('usage', `Cannot set ${path}: a number has a bound, and one in '${text}' has none`);
}

const unsafe = ['__proto__', 'constructor', 'prototype'];

/**
 * Sets `stop.grace_seconds` and the like in a document. Labels and annotations keep dots in their keys, as in
 * `labels.example.org/tier`.
 */
export function setField(document: JsonObject, path: string, value: Json): JsonObject {
  const [head = '', ...rest] = path.split('.');
  const tail = head === 'labels' || head === 'annotations' ? [rest.join('.')] : rest;
  const parts = rest.length === 0 ? [head] : [head, ...tail];
  if (parts.some((part) => part === '' || unsafe.includes(part))) {
    throw new Fault('usage', `'${path}' is no field`);
  }
  return setAt(document, parts, value);
}

function setAt(document: JsonObject, [head = '', ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length === 0) return { ...document, [head]: value };
  const inner = document[head];
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {};
  return { ...document, [head]: setAt(object, rest, value) };
}

/** `field=value`, or `field:=json` for lists, objects and text that looks like something else. */
export function applyAssignment(document: JsonObject, word: string): JsonObject {
  const { path, sign, text } = splitAssignment(word);
  return setField(document, path, sign === ':=' ? readJson(path, text) : readValue(path, text));
}

function splitAssignment(word: string): { readonly path: string; readonly sign: string; readonly text: string } {
  const match = /^([^=:]+(?::(?!=)[^=:]*)*)(:?=)([\s\S]*)$/.exec(word);
  if (match === null) throw new Fault('usage', `'${word}' is no FIELD=VALUE`);
  const [, path = '', sign = '=', text = ''] = match;
  return { path, sign, text };
}

/** A field and the words of the command line that set it. */
export interface FieldWord {
  readonly path: string;
  readonly words: string;
}

/** Refuses what a flag sets and a FIELD=VALUE word too, or two of those words: one would be dropped in silence. Fault `usage`. */
export function refuseSetTwice(flags: readonly FieldWord[], assignments: readonly string[]): void {
  const before: FieldWord[] = [];
  for (const words of assignments) {
    const { path } = splitAssignment(words);
    // A part may be set behind its whole; a whole takes the place of the parts before it.
    const other =
      before.find((one) => one.path === path || one.path.startsWith(`${path}.`)) ??
      flags.find((flag) => isWithin(flag.path, path));
    if (other !== undefined)
      throw new Fault('usage', `${other.words} and ${words} set the same field; give one of them`);
    before.push({ path, words });
  }
}

/** One field is the other, or a part of it. */
const isWithin = (a: string, b: string): boolean => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
