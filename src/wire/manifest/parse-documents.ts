/**
 * Text of manifests → values: many YAML documents, or one JSON document (spec §5, §11). YAML 1.2 core schema only: no tags,
 * no aliases, no duplicate keys, so that a text means what a reader sees, and its size bounds what it expands to.
 * Line numbers are kept by path, for the messages of whoever judges the values.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml';
import type { Json } from '../../core/kit/json.ts';
import { documentLimits as limits } from './limits.ts';
import { boundOffences, type Offence, type OffenceCode, type PathPart, renderPath } from './offence.ts';
import { parseJson } from './parse-json.ts';

export interface SourceDocument {
  /** Counts the documents that hold something, from `firstDocument`. */
  readonly document: number;
  readonly value: Json;
  /** Lines, from 1, by rendered path; empty for JSON. */
  readonly lines: ReadonlyMap<string, number>;
  /** Name of the file, for messages; undefined for a body or stdin. */
  readonly source: string | undefined;
}

export type ParsedDocuments =
  | { readonly ok: true; readonly documents: readonly SourceDocument[] }
  | {
      readonly ok: false;
      /** A code of the error table. */
      readonly refusal: 'validation_failed' | 'batch_too_large' | 'body_too_large';
      readonly offences: readonly Offence[];
    };

export interface DocumentsOptions {
  /** Number of the first document, where several texts make one apply. */
  readonly firstDocument?: number;
  /** Name of the file, for messages. */
  readonly source?: string;
  /** Limit of the length of the text; a server that reads YAML passes `serverYamlLength`. */
  readonly maxLength?: number;
}

type Place = (line: number) => string;
type Report = (
  path: readonly PathPart[],
  node: Node | null,
  code: OffenceCode,
  message: string,
  got: string | null,
  expected: string,
) => void;

interface Walk {
  readonly lines: Map<string, number>;
  readonly lineAt: (node: Node | null) => number;
  readonly report: Report;
}

const refuse = (refusal: 'batch_too_large' | 'body_too_large', offence: Offence): ParsedDocuments => ({
  ok: false,
  refusal,
  offences: [offence],
});

/** Words of the library about a broken text, without the quotations: they could hold what must not be repeated. */
function syntaxWords(message: string): string {
  const first = message.split('\n')[0] ?? '';
  return first.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '…').slice(0, limits.gotLength);
}

function keyText(key: unknown): string {
  if (isScalar(key)) return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  return '?';
}

function walkMap(map: YAMLMap<unknown, unknown>, path: readonly PathPart[], walk: Walk): void {
  const seen = new Map<string, number>();
  for (const pair of map.items) {
    const key = keyText(pair.key);
    const here = [...path, key];
    const node = pair.key as Node | null;
    const line = walk.lineAt(node);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, line);
    else
      walk.report(
        here,
        node,
        'duplicate',
        `Field ${JSON.stringify(key)} is already given in line ${first}`,
        key,
        'each field once',
      );
    walk.lines.set(renderPath(here), line);
    walkNode(pair.value as Node | null, here, walk);
  }
}

/** Finds what the schema of YAML lets through and we do not, and notes the line of every path. */
function walkNode(node: Node | null, path: readonly PathPart[], walk: Walk): void {
  if (node === null) return;
  if (isAlias(node)) {
    walk.report(
      path,
      node,
      'unsupported',
      'YAML aliases are not supported; write the value out',
      `*${node.source}`,
      'a value',
    );
    return;
  }
  if (node.tag !== undefined) {
    walk.report(
      path,
      node,
      'unsupported',
      'YAML tags are not supported',
      node.tag.slice(0, 64),
      'a value without a tag',
    );
    return;
  }
  if (path.length > limits.depth) {
    walk.report(
      path,
      node,
      'too_deep',
      `Nested deeper than ${limits.depth} levels`,
      null,
      `at most ${limits.depth} levels`,
    );
    return;
  }
  if (isMap(node)) walkMap(node, path, walk);
  else if (isSeq(node)) {
    node.items.forEach((item, index) => {
      const here = [...path, index];
      walk.lines.set(renderPath(here), walk.lineAt(item as Node | null));
      walkNode(item as Node | null, here, walk);
    });
  }
}

const isEmpty = (doc: Document.Parsed): boolean =>
  doc.contents === null || (isScalar(doc.contents) && doc.contents.value === null && doc.errors.length === 0);

function readDocument(
  doc: Document.Parsed,
  document: number,
  counter: LineCounter,
  place: Place,
  source: string | undefined,
): { readonly parsed: SourceDocument; readonly offences: readonly Offence[] } {
  const offences: Offence[] = [];
  const lineOf = (at: number): number => counter.linePos(at).line;
  const lines = new Map<string, number>();
  const lineAt = (node: Node | null): number => lineOf(node?.range?.[0] ?? doc.range[0]);
  const report: Report = (path, node, code, message, got, expected) => {
    const text = `${message} (${place(lineAt(node))})`;
    offences.push({ document, path: renderPath(path), code, message: text, got, expected });
  };
  for (const error of doc.errors) {
    if (/call stack/i.test(error.message)) {
      report(
        [],
        doc.contents,
        'too_deep',
        `Nested deeper than ${limits.depth} levels`,
        null,
        `at most ${limits.depth} levels`,
      );
      continue;
    }
    const { line, col } = counter.linePos(error.pos[0]);
    const message = `This is no YAML: ${syntaxWords(error.message)} (${place(line)}, column ${col})`;
    offences.push({ document, path: '$', code: 'bad_syntax', message, got: null, expected: 'YAML 1.2' });
  }
  if (doc.directives.yaml.explicit === true && doc.directives.yaml.version !== '1.2') {
    report([], doc.contents, 'unsupported', 'Only YAML 1.2 is supported', doc.directives.yaml.version, '%YAML 1.2');
  }
  if (doc.errors.length === 0) walkNode(doc.contents, [], { lines, lineAt, report });
  lines.set('$', lineAt(doc.contents));
  const value = offences.length === 0 ? (doc.toJS() as Json) : null;
  return { parsed: { document, value, lines, source }, offences };
}

function readYaml(text: string, firstDocument: number, source: string | undefined): ParsedDocuments {
  const counter = new LineCounter();
  const place: Place = (line) => (source === undefined ? `line ${line}` : `${source}:${line}`);
  let docs: readonly Document.Parsed[];
  try {
    docs = [
      ...parseAllDocuments(text, {
        version: '1.2',
        schema: 'core',
        strict: true,
        stringKeys: true,
        uniqueKeys: false,
        prettyErrors: false,
        logLevel: 'silent',
        lineCounter: counter,
      }),
    ];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `Nested deeper than ${limits.depth} levels (${source ?? 'the text'})`;
    const expected = `at most ${limits.depth} levels`;
    const offence: Offence = { document: firstDocument, path: '$', code: 'too_deep', message, got: null, expected };
    return { ok: false, refusal: 'validation_failed', offences: [offence] };
  }
  const filled = docs.filter((doc) => !isEmpty(doc) || doc.errors.length > 0);
  if (firstDocument + filled.length > limits.documents) {
    return refuse('batch_too_large', {
      document: firstDocument,
      path: '$',
      code: 'too_many',
      message: `An apply holds at most ${limits.documents} documents, not ${firstDocument + filled.length}`,
      got: firstDocument + filled.length,
      expected: `at most ${limits.documents} documents`,
    });
  }
  const read = filled.map((doc, at) => readDocument(doc, firstDocument + at, counter, place, source));
  const offences = read.flatMap((one) => one.offences);
  if (offences.length > 0) return { ok: false, refusal: 'validation_failed', offences: boundOffences(offences) };
  return { ok: true, documents: read.map((one) => one.parsed) };
}

/** Reads a text of manifests. Nothing in it is `ok` with no documents. */
export function parseDocuments(
  text: string,
  { firstDocument = 0, source, maxLength = limits.textLength }: DocumentsOptions = {},
): ParsedDocuments {
  if (text.length > maxLength) {
    return refuse('body_too_large', {
      document: firstDocument,
      path: '$',
      code: 'too_long',
      message: `${source ?? 'The text'} is longer than ${maxLength} characters`,
      got: text.length,
      expected: `at most ${maxLength}`,
    });
  }
  const begin = text.trimStart()[0];
  if (begin === '{' || begin === '[') {
    const json = parseJson(text, firstDocument);
    if (json.ok)
      return { ok: true, documents: [{ document: firstDocument, value: json.value, lines: new Map(), source }] };
    // Flow style of YAML begins like JSON; a broken one is told as YAML.
    if (json.offences.some(({ code }) => code !== 'bad_syntax')) return json;
  }
  return readYaml(text, firstDocument, source);
}

/** The line of a path; of the nearest thing around it when the path itself is not there (a missing field). */
function nearestLine(path: string, lines: ReadonlyMap<string, number>): number | undefined {
  for (let at = path; at.length > 0; at = at.slice(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('[')))) {
    const line = lines.get(at);
    if (line !== undefined) return line;
    if (at === '$') return undefined;
  }
  return undefined;
}

/** Offences of a document with the line each speaks of in its message. */
export function withLines(offences: readonly Offence[], { lines, source }: SourceDocument): readonly Offence[] {
  return offences.map((offence) => {
    const line = nearestLine(offence.path, lines);
    if (line === undefined)
      return source === undefined ? offence : { ...offence, message: `${offence.message} (${source})` };
    const place = source === undefined ? `line ${line}` : `${source}:${line}`;
    return { ...offence, message: `${offence.message} (${place})` };
  });
}
