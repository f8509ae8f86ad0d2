import type { Json } from '../../core/kit/json.ts';
import { documentLimits } from './limits.ts';

/**
 * What is wrong with one place of a document. Stable words.
 * `read_only`: the server sets it. `set_by_verb`: a verb sets it. `immutable`: cannot be changed after creation.
 */
export type OffenceCode =
  | 'bad_format'
  | 'wrong_type'
  | 'out_of_range'
  | 'unknown_field'
  | 'duplicate'
  | 'missing'
  | 'conflict'
  | 'unsupported'
  | 'too_long'
  | 'too_many'
  | 'too_deep'
  | 'control_character'
  | 'read_only'
  | 'set_by_verb'
  | 'immutable'
  | 'disk_not_movable'
  | 'bad_syntax';

/** One offence of the error envelope (spec S1b). */
export interface Offence {
  /** Counts the documents of an apply from 0. */
  readonly document: number;
  /** JSON path: `$.nics[0].forwards`. */
  readonly path: string;
  readonly code: OffenceCode;
  readonly message: string;
  /** What was there, shortened; null when nothing was. Never holds secrets of cloud-init (spec §5). */
  readonly got: Json;
  /** What would be right: a pattern, a range, or the list of allowed words. */
  readonly expected: Json;
  /** The document it clashes with, as its message numbers it; who knows files says the place instead. */
  readonly other_document?: number;
}

/** Messages that name a command say NAME for the instance; where its name is known, they say that. */
export function named(offence: Offence, name: unknown): Offence {
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name)) return offence;
  return { ...offence, message: offence.message.replace(/\bNAME\b/g, name) };
}

export type PathPart = string | number;

const plainKey = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A text of the user, short enough for a message or a path. */
export const brief = (text: string): string =>
  text.length <= documentLimits.keyLength ? text : `${text.slice(0, documentLimits.keyLength).toWellFormed()}…`;

/** `['nics', 0, 'a b']` → `$.nics[0]["a b"]`. */
export function renderPath(path: readonly PathPart[]): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`;
    const key = brief(part);
    return plainKey.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return `$${parts.join('')}`;
}

/** The value at a path, or undefined; reads own members only. */
export function valueAt(root: unknown, path: readonly PathPart[]): unknown {
  let value: unknown = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<PathPart, unknown>>)[part];
  }
  return value;
}

/** Cloud-init fields that hold no secrets; everything else below it, mistyped names too, stays unseen. */
const shownCloudInit: readonly PathPart[] = ['hostname', 'ssh_authorized_keys'];
const secretWord = /user_?data|cloud_?init|network_?config|password|secret/i;

function isSecret(path: readonly PathPart[]): boolean {
  const at = path.indexOf('cloud_init');
  if (at >= 0) {
    const field = path[at + 1];
    return field === undefined || !shownCloudInit.includes(field);
  }
  return path.some((part) => typeof part === 'string' && secretWord.test(part));
}

function sizeWords(value: unknown): string {
  if (typeof value === 'string') return `text of ${value.length} characters`;
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `object with ${Object.keys(value).length} fields`;
  return typeof value;
}

/** Credentials in a URL are as secret as a password field. */
const hideCredentials = (text: string): string => text.replace(/(\/\/)[^/@\s]*@/g, '$1<hidden>@');

/** What an offence may repeat of a value: bounded, JSON, and without secrets. */
export function clipGot(value: unknown, path: readonly PathPart[]): Json {
  if (value === undefined || value === null) return null;
  if (isSecret(path)) return `<${sizeWords(value)}, not shown>`;
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value);
    case 'string': {
      const text = hideCredentials(value).toWellFormed();
      if (text.length <= documentLimits.gotLength) return text;
      return `${text.slice(0, documentLimits.gotLength).toWellFormed()}… (${value.length} characters)`;
    }
    case 'object': {
      const text = JSON.stringify(value);
      if (text.length > documentLimits.gotLength || secretWord.test(text) || text.includes('@')) {
        return `<${sizeWords(value)}>`;
      }
      return JSON.parse(text) as Json;
    }
    default:
      return `<${typeof value}>`;
  }
}

/** Cuts a list of offences to the limit; the last one then says how many were left out. */
export function boundOffences(offences: readonly Offence[]): readonly Offence[] {
  const kept = offences.slice(0, documentLimits.offences);
  const left = offences.length - kept.length;
  const last = kept.at(-1);
  if (left === 0 || last === undefined) return kept;
  return [...kept.slice(0, -1), { ...last, message: `${last.message} (and ${left} more offences)` }];
}
