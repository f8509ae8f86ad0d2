/**
 * JSON text → value, stricter than `JSON.parse`: duplicate keys are offences with their path (spec §11), depth and size are
 * bounded. `JSON.parse` makes the value; a scanner of the same grammar finds what it hides, and where a text is broken.
 */
import type { Json } from '../../core/kit/json.ts';
import { documentLimits as limits } from './limits.ts';
import { boundOffences, type Offence, type PathPart, renderPath } from './offence.ts';

export type ParsedJson =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      readonly refusal: 'validation_failed' | 'body_too_large';
      readonly offences: readonly Offence[];
    };

interface Duplicate {
  readonly path: readonly PathPart[];
}

interface Scan {
  readonly duplicates: readonly Duplicate[];
  /** Where and why the text is no JSON within the limits. */
  readonly broken: { readonly at: number; readonly code: 'bad_syntax' | 'too_deep'; readonly message: string } | null;
}

type Open =
  | { readonly kind: 'object'; readonly keys: Set<string>; key: string }
  | { readonly kind: 'list'; index: number };

/** Characters of a string that stand for themselves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: to refuse them, it names them
const plainRun = /[^"\\\u0000-\u001f]*/y;
const escapeToken = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const scalarToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const space = /[ \t\n\r]*/y;

/** One pass over the text with an explicit stack: no nesting exhausts the engine's. */
function scanJson(text: string): Scan {
  const duplicates: Duplicate[] = [];
  const stack: Open[] = [];
  let at = 0;

  const skipSpace = (): void => {
    space.lastIndex = at;
    space.test(text);
    at = space.lastIndex;
  };
  const take = (token: RegExp): string | undefined => {
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  /** A string with its quotes; by runs, so that no length of it makes the matcher backtrack. */
  const takeString = (): string | undefined => {
    if (text[at] !== '"') return undefined;
    const start = at;
    at += 1;
    for (;;) {
      take(plainRun);
      if (text[at] === '"') {
        at += 1;
        return text.slice(start, at);
      }
      if (take(escapeToken) === undefined) return undefined;
    }
  };
  const pathHere = (): PathPart[] => stack.map((open) => (open.kind === 'object' ? open.key : open.index));
  const broken = (message: string, code: 'bad_syntax' | 'too_deep' = 'bad_syntax'): Scan => ({
    duplicates,
    broken: { at, code, message },
  });

  /** Reads `"key" :` of the innermost object; an error text when it is not there. */
  const takeKey = (open: Extract<Open, { kind: 'object' }>): string | undefined => {
    skipSpace();
    const token = takeString();
    if (token === undefined) return 'a field name in double quotes is expected';
    open.key = JSON.parse(token) as string;
    if (open.keys.has(open.key)) duplicates.push({ path: pathHere() });
    open.keys.add(open.key);
    skipSpace();
    if (text[at] !== ':') return "':' is expected";
    at += 1;
    return undefined;
  };

  for (;;) {
    // A value is expected here.
    skipSpace();
    const char = text[at];
    if (char === '{' || char === '[') {
      if (stack.length >= limits.depth) return broken(`nested deeper than ${limits.depth} levels`, 'too_deep');
      at += 1;
      skipSpace();
      if (text[at] !== (char === '{' ? '}' : ']')) {
        const open: Open = char === '{' ? { kind: 'object', keys: new Set(), key: '' } : { kind: 'list', index: 0 };
        stack.push(open);
        const wrong = open.kind === 'object' ? takeKey(open) : undefined;
        if (wrong !== undefined) return broken(wrong);
        continue;
      }
      at += 1;
    } else if ((char === '"' ? takeString() : take(scalarToken)) === undefined) {
      return broken(at >= text.length ? 'the text ends too early' : 'a value is expected');
    }
    // A value has ended: close what ends with it.
    for (;;) {
      skipSpace();
      const open = stack.at(-1);
      if (open === undefined)
        return at < text.length ? broken('nothing may follow the value') : { duplicates, broken: null };
      const next = text[at];
      if (next === ',') {
        at += 1;
        if (open.kind === 'list') open.index += 1;
        const wrong = open.kind === 'object' ? takeKey(open) : undefined;
        if (wrong !== undefined) return broken(wrong);
        break;
      }
      if (next !== (open.kind === 'object' ? '}' : ']')) {
        return broken(open.kind === 'object' ? "',' or '}' is expected" : "',' or ']' is expected");
      }
      at += 1;
      stack.pop();
    }
  }
}

/** `line L, column C`, both from 1. */
export function placeInText(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `line ${line}, column ${at - before.lastIndexOf('\n')}`;
}

const refuse = (code: Offence['code'], message: string, expected: string, document: number): ParsedJson => ({
  ok: false,
  refusal: 'validation_failed',
  offences: [{ document, path: '$', code, message, got: null, expected }],
});

/** Reads JSON text or its bytes. Offences: syntax (with the place), duplicate keys, depth, bytes that are no UTF-8. */
export function parseJson(source: string | Uint8Array, document = 0): ParsedJson {
  if (source.length > limits.textLength) {
    const message = `The JSON is longer than ${limits.textLength} characters`;
    const offence: Offence = {
      document,
      path: '$',
      code: 'too_long',
      message,
      got: source.length,
      expected: `at most ${limits.textLength}`,
    };
    return { ok: false, refusal: 'body_too_large', offences: [offence] };
  }
  let text: string;
  try {
    text = typeof source === 'string' ? source : new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch {
    return refuse('bad_syntax', 'The bytes are no UTF-8', 'JSON in UTF-8', document);
  }
  const scan = scanJson(text);
  if (scan.broken !== null) {
    const { at, code, message } = scan.broken;
    return refuse(code, `This is no JSON: ${message} at ${placeInText(text, at)}`, 'JSON', document);
  }
  if (scan.duplicates.length > 0) {
    const offences = scan.duplicates.map(({ path }): Offence => {
      const message = `Field ${JSON.stringify(path.at(-1))} is given twice`;
      return {
        document,
        path: renderPath(path),
        code: 'duplicate',
        message,
        got: String(path.at(-1)),
        expected: 'each field once',
      };
    });
    return { ok: false, refusal: 'validation_failed', offences: boundOffences(offences) };
  }
  return { ok: true, value: JSON.parse(text) as Json };
}
