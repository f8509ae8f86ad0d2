/**
 * Text of manifests → values: many YAML documents, or one JSON document (spec §5, §11). YAML 1.2 core schema only,
 * without tags, aliases and duplicate keys, so that a text means what a reader sees and its size bounds what it
 * expands to.
 */
import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { documentLimits as limits } from './limits.ts';
import { boundOffences, type Offence, renderPath } from './offence.ts';
import { parseJson } from './parse-json.ts';
import { isEmpty, type Place, readDocument, type SourceDocument } from './read-yaml-document.ts';
import { unboundNumbers } from './unbound-numbers.ts';
import { partOfList, unfoldLists } from './unfold-lists.ts';

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

const refuse = (refusal: 'batch_too_large' | 'body_too_large', offence: Offence): ParsedDocuments => ({
  ok: false,
  refusal,
  offences: [offence],
});

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
  const all = docs.filter((doc) => !isEmpty(doc) || doc.errors.length > 0);
  // Behind its first error a text is guessed at: what that finds is no help.
  const brokenAt = all.findIndex(({ errors }) => errors.length > 0);
  const filled = brokenAt < 0 ? all : all.slice(0, brokenAt + 1);
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

/** Reads a text of manifests, lists unfolded. Nothing in it is `ok` with no documents. */
export function parseDocuments(text: string, options: DocumentsOptions = {}): ParsedDocuments {
  const { firstDocument = 0 } = options;
  const parsed = readText(text, { ...options, firstDocument });
  if (!parsed.ok) return parsed;
  const offences = parsed.documents.flatMap(({ value, document }) => partOfList(value, document) ?? []);
  if (offences.length > 0) return { ok: false, refusal: 'validation_failed', offences };
  const documents = unfoldLists(parsed.documents, firstDocument);
  const unbound = documents.flatMap(unboundOffences);
  if (unbound.length > 0) return { ok: false, refusal: 'validation_failed', offences: boundOffences(unbound) };
  return { ok: true, documents };
}

/** `.inf`, `.nan` and `1e400` are numbers here, and null in the JSON that is sent: they are refused before that. */
function unboundOffences(source: SourceDocument): readonly Offence[] {
  return unboundNumbers(source.value).map(({ path, value }) => {
    const at = placeOf(renderPath(path), source);
    const message = `A number has a bound; this one has none${at === null ? '' : ` (${at})`}`;
    const { document } = source;
    return {
      document,
      path: renderPath(path),
      code: 'out_of_range',
      message,
      got: String(value),
      expected: 'a number',
    };
  });
}

function readText(
  text: string,
  { firstDocument, source, maxLength = limits.textLength }: DocumentsOptions & { readonly firstDocument: number },
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

/** Where a path of a document is written: `web.yaml:3`; null where neither file nor line is known. */
function placeOf(path: string, { lines, source }: SourceDocument): string | null {
  const line = nearestLine(path, lines);
  if (line === undefined) return source ?? null;
  return source === undefined ? `line ${line}` : `${source}:${line}`;
}

/** Offences of an apply, each with the place it speaks of in its message, and with that of the document it clashes with. */
export function withPlaces(offences: readonly Offence[], documents: readonly SourceDocument[]): readonly Offence[] {
  const byNumber = new Map(documents.map((source) => [source.document, source]));
  const placeIn = (document: number | undefined, path: string): string | null => {
    const source = document === undefined ? undefined : byNumber.get(document);
    return source === undefined ? null : placeOf(path, source);
  };
  return offences.map((offence) => {
    const other = placeIn(offence.other_document, offence.path);
    const words =
      other === null
        ? offence.message
        : offence.message.replace(`by document ${offence.other_document}`, `at ${other}`);
    const own = placeIn(offence.document, offence.path);
    return { ...offence, message: own === null ? words : `${words} (${own})` };
  });
}
