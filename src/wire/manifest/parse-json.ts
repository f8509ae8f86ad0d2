/**
 * JSON text → value, stricter than `JSON.parse`: duplicate keys are offences with their path (spec §11), depth and
 * size are bounded. `JSON.parse` makes the value; a scanner of the same grammar finds what it hides, and where a text
 * is broken.
 */
import type { Json } from '../../core/kit/json.ts';
import { documentLimits as limits } from './limits.ts';
import { boundOffences, type Offence, renderPath } from './offence.ts';
import { scanJson } from './scan-json.ts';

export type ParsedJson =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      readonly refusal: 'validation_failed' | 'body_too_large';
      readonly offences: readonly Offence[];
    };

/** `line L, column C`, both from 1. */
function placeInText(text: string, at: number): string {
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
    // A byte order mark is no part of the text: some editors and shells put one before it.
    text =
      typeof source === 'string'
        ? source.replace(/^\uFEFF/, '')
        : new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch {
    return refuse('bad_syntax', 'The bytes are no UTF-8', 'JSON in UTF-8', document);
  }
  const scan = scanJson(text);
  if (scan.broken !== null) {
    const { at, code, message } = scan.broken;
    return refuse(code, `This is no JSON: ${message} at ${placeInText(text, at)}`, 'JSON', document);
  }
  if (scan.duplicates.length > 0) {
    const offences = scan.duplicates.map((path): Offence => {
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
