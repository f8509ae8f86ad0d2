/**
 * A scanner of JSON's grammar: finds what `JSON.parse` hides (duplicate keys) and where a broken text breaks. One pass,
 * explicit stack, linear time: no nesting exhausts the engine's stack and no text makes a pattern backtrack.
 */
import { documentLimits as limits } from './limits.ts';
import type { PathPart } from './offence.ts';

export interface JsonScan {
  /** Paths of the fields given more than once, one for each repetition. */
  readonly duplicates: readonly (readonly PathPart[])[];
  /** Where and why the text is no JSON within the limits; null when it is. */
  readonly broken: { readonly at: number; readonly code: 'bad_syntax' | 'too_deep'; readonly message: string } | null;
}

type Open =
  | { readonly kind: 'object'; readonly keys: Set<string>; key: string }
  | { readonly kind: 'list'; index: number };

/** What is left to do after a step: read a value, close what the value ended, or stop. */
type Next = 'value' | 'close' | 'end' | { readonly broken: string; readonly code?: 'too_deep' };

// biome-ignore lint/suspicious/noControlCharactersInRegex: to refuse them, it names them
const plainRun = /[^"\\\u0000-\u001f]*/y;
const escapeToken = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const scalarToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const space = /[ \t\n\r]*/y;

/** A place in the text that moves on by tokens. */
function createCursor(text: string) {
  let at = 0;
  const take = (token: RegExp): boolean => {
    token.lastIndex = at;
    if (!token.test(text)) return false;
    at = token.lastIndex;
    return true;
  };
  const takeChar = (char: string): boolean => {
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };
  return {
    at: () => at,
    isAtEnd: () => at >= text.length,
    skipSpace: () => take(space),
    takeChar,
    takeScalar: () => take(scalarToken),
    /** A string with its quotes; undefined when none is here, or a broken one. */
    takeString: (): string | undefined => {
      const start = at;
      if (!takeChar('"')) return undefined;
      for (;;) {
        take(plainRun);
        if (takeChar('"')) return text.slice(start, at);
        if (!take(escapeToken)) return undefined;
      }
    },
  };
}

type Cursor = ReturnType<typeof createCursor>;

const pathOf = (stack: readonly Open[]): PathPart[] =>
  stack.map((open) => (open.kind === 'object' ? open.key : open.index));

/** Reads `"key" :` of the innermost object. */
function readKey(cursor: Cursor, stack: readonly Open[], duplicates: (readonly PathPart[])[]): Next {
  const open = stack.at(-1);
  if (open?.kind !== 'object') return 'value';
  cursor.skipSpace();
  const token = cursor.takeString();
  if (token === undefined) return { broken: 'a field name in double quotes is expected' };
  open.key = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
  if (open.keys.has(open.key)) duplicates.push(pathOf(stack));
  open.keys.add(open.key);
  cursor.skipSpace();
  return cursor.takeChar(':') ? 'value' : { broken: "':' is expected" };
}

function readValue(cursor: Cursor, stack: Open[], duplicates: (readonly PathPart[])[]): Next {
  cursor.skipSpace();
  const isObject = cursor.takeChar('{');
  if (isObject || cursor.takeChar('[')) {
    if (stack.length >= limits.depth) return { broken: `nested deeper than ${limits.depth} levels`, code: 'too_deep' };
    cursor.skipSpace();
    if (cursor.takeChar(isObject ? '}' : ']')) return 'close';
    stack.push(isObject ? { kind: 'object', keys: new Set(), key: '' } : { kind: 'list', index: 0 });
    return readKey(cursor, stack, duplicates);
  }
  if (cursor.takeString() !== undefined || cursor.takeScalar()) return 'close';
  return { broken: cursor.isAtEnd() ? 'the text ends too early' : 'a value is expected' };
}

/** After a value: the next member, or the end of what holds it. */
function closeValue(cursor: Cursor, stack: Open[], duplicates: (readonly PathPart[])[]): Next {
  cursor.skipSpace();
  const open = stack.at(-1);
  if (open === undefined) return cursor.isAtEnd() ? 'end' : { broken: 'nothing may follow the value' };
  if (cursor.takeChar(',')) {
    if (open.kind === 'list') open.index += 1;
    return readKey(cursor, stack, duplicates);
  }
  const end = open.kind === 'object' ? '}' : ']';
  if (!cursor.takeChar(end)) return { broken: `',' or '${end}' is expected` };
  stack.pop();
  return 'close';
}

/** Scans a whole text. */
export function scanJson(text: string): JsonScan {
  const duplicates: (readonly PathPart[])[] = [];
  const stack: Open[] = [];
  const cursor = createCursor(text);
  let next: Next = 'value';
  while (next === 'value' || next === 'close') {
    next = next === 'value' ? readValue(cursor, stack, duplicates) : closeValue(cursor, stack, duplicates);
  }
  if (next === 'end') return { duplicates, broken: null };
  return { duplicates, broken: { at: cursor.at(), code: next.code ?? 'bad_syntax', message: next.broken } };
}
