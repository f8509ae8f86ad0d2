/**
 * One document of YAML: finds what the grammar lets through and we do not (tags, aliases, duplicate keys, depth),
 * notes the line of every path, and gives the value.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type YAMLMap } from 'yaml';
import type { Json } from '../../core/kit/json.ts';
import { documentLimits as limits } from './limits.ts';
import { type Offence, type OffenceCode, type PathPart, renderPath } from './offence.ts';

export interface SourceDocument {
  /** Counts the documents that hold something, from `firstDocument`. */
  readonly document: number;
  readonly value: Json;
  /** Lines, from 1, by rendered path; empty for JSON. */
  readonly lines: ReadonlyMap<string, number>;
  /** Name of the file, for messages; undefined for a body or stdin. */
  readonly source: string | undefined;
}

export type Place = (line: number) => string;
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

/** Words of the library about a broken text, without the quotations: they could hold what must not be repeated. */
function syntaxWords(message: string): string {
  const first = message.split('\n')[0] ?? '';
  if (/stringKeys/.test(first)) return 'a key is text, not a list or an object';
  return first.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '…').slice(0, limits.gotLength);
}

/** What a text that is no YAML should have been; whoever gave the wrong file knows it by that. */
const manifestWords = "a manifest in YAML 1.2 or JSON, as 'holdfast vm get NAME -o yaml' prints it";

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

/** Nothing but comments, or an explicit null. */
export const isEmpty = (doc: Document.Parsed): boolean =>
  doc.contents === null || (isScalar(doc.contents) && doc.contents.value === null && doc.errors.length === 0);

/** Reads one composed document. Its value is null when it has offences. */
export function readDocument(
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
  const [error] = doc.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (doc.errors.some(({ message }) => /call stack/i.test(message))) {
    report(
      [],
      doc.contents,
      'too_deep',
      `Nested deeper than ${limits.depth} levels`,
      null,
      `at most ${limits.depth} levels`,
    );
  } else if (error !== undefined) {
    const { line, col } = counter.linePos(error.pos[0]);
    const message = `This is no YAML: ${syntaxWords(error.message)} (${place(line)}, column ${col})`;
    offences.push({ document, path: '$', code: 'bad_syntax', message, got: null, expected: manifestWords });
  }
  if (doc.directives.yaml.explicit === true && doc.directives.yaml.version !== '1.2') {
    report([], doc.contents, 'unsupported', 'Only YAML 1.2 is supported', doc.directives.yaml.version, '%YAML 1.2');
  }
  if (doc.errors.length === 0) walkNode(doc.contents, [], { lines, lineAt, report });
  lines.set('$', lineAt(doc.contents));
  const value = offences.length === 0 ? (doc.toJS() as Json) : null;
  return { parsed: { document, value, lines, source }, offences };
}
