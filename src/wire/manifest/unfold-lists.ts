/**
 * Lists as input: what `-o json` and the API print of many VMs (`{"items": […]}`), and a JSON list, stand for the documents in
 * them.
 */
import type { Json, JsonObject } from '../../core/kit/json.ts';
import type { Offence } from './offence.ts';
import type { SourceDocument } from './read-yaml-document.ts';

/** What a list may say of itself beside its items. */
const listWords: ReadonlySet<string> = new Set(['api_version', 'kind', 'items', 'next_cursor', 'revision', 'epoch']);

type List = JsonObject & { readonly items: readonly Json[] };

function isList(value: Json): value is List {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { kind = 'List', items } = value as JsonObject;
  return kind === 'List' && Array.isArray(items) && Object.keys(value).every((word) => listWords.has(word));
}

/** The documents that a value stands for; null where it is one itself. */
export function listedIn(value: Json): readonly Json[] | null {
  return Array.isArray(value) ? value : isList(value) ? value.items : null;
}

/** A page with more behind it is not the whole: to prune by it would delete what is on the others. */
export function partOfList(value: Json, document: number): Offence | null {
  if (!isList(value) || (value['next_cursor'] ?? null) === null) return null;
  return {
    document,
    path: '$.next_cursor',
    code: 'unsupported',
    message: 'This is one page of a list, and more come after it',
    got: null,
    expected: "the whole list, as 'holdfast vm list -o json' prints it",
  };
}

/** Each item as a document of its own, numbered on, its places in the text kept. */
export function unfoldLists(documents: readonly SourceDocument[], firstDocument: number): readonly SourceDocument[] {
  return documents.flatMap(unfold).map((source, at) => ({ ...source, document: firstDocument + at }));
}

function unfold(source: SourceDocument): readonly SourceDocument[] {
  const items = listedIn(source.value);
  if (items === null) return [source];
  const lines = linesByItem(source.lines);
  return items.map((value, at) => ({ ...source, value, lines: lines.get(at) ?? new Map() }));
}

function linesByItem(lines: ReadonlyMap<string, number>): ReadonlyMap<number, ReadonlyMap<string, number>> {
  const found = new Map<number, Map<string, number>>();
  for (const [path, line] of lines) {
    const [, at, below] = /^\$(?:\.items)?\[(\d+)\](.*)$/s.exec(path) ?? [];
    if (at === undefined) continue;
    const item = found.get(Number(at)) ?? new Map<string, number>();
    found.set(Number(at), item.set(`$${below}`, line));
  }
  return found;
}
