/** Manifests of `-f`: files, directories (their *.yaml, *.yml, *.json in order of name) and `-` for standard input. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fault } from '../core/kit/fault.ts';
import type { Json, JsonObject } from '../core/kit/json.ts';
import { documentLimits } from '../wire/manifest/limits.ts';
import type { Offence } from '../wire/manifest/offence.ts';
import type { SourceDocument } from '../wire/manifest/read-yaml-document.ts';
import type { CliInput } from './cli-io.ts';
import { decodeText, readTextFile } from './read-text.ts';

export interface Manifests {
  readonly documents: readonly SourceDocument[];
  /** Puts file and line to the offences of an answer, which only knows numbers of documents. */
  place(fault: unknown): unknown;
}

export async function readManifests(stdin: CliInput, paths: readonly string[]): Promise<Manifests> {
  if (paths.length === 0)
    throw new Fault('usage', 'Name manifests with -f (a file, a directory, or - for standard input)');
  const { parseDocuments, withPlaces } = await import('../wire/manifest/parse-documents.ts');
  const documents: SourceDocument[] = [];
  const offences: Offence[] = [];
  let refusal: string | null = null;
  for (const path of paths.flatMap(filesOf)) {
    const text = path === '-' ? await readAll(stdin) : readTextFile(path);
    const source = path === '-' ? 'standard input' : path;
    const parsed = parseDocuments(text, { firstDocument: documents.length, source });
    // What came over standard input lies nowhere, so it has no relative URLs.
    if (parsed.ok) documents.push(...(path === '-' ? parsed.documents : parsed.documents.map(beside(path))));
    else {
      offences.push(...parsed.offences);
      refusal ??= parsed.refusal;
    }
  }
  if (refusal !== null) {
    throw new Fault(refusal, `The manifests cannot be read; nothing was changed`, {
      retry: 'never',
      details: { offences },
    });
  }
  if (documents.length === 0) throw new Fault('usage', `There is no document in ${paths.join(', ')}`);
  return {
    documents,
    place: (error) => {
      if (!(error instanceof Fault)) return error;
      const told = error.details['offences'];
      if (!Array.isArray(told)) return error;
      return new Fault(error.code, error.message, {
        retry: error.retry,
        details: { ...error.details, offences: withPlaces(told as readonly Offence[], documents) },
      });
    },
  };
}

/** Fields that hold an image URL. */
const urlFields = ['image_url', 'kernel', 'initrd'] as const;

/**
 * A `file:` URL without a slash behind its scheme (`file:../images/vmlinuz`) is relative to the manifest that holds it:
 * the control plane takes absolute ones only, and only here is it known where the manifest lies.
 */
const beside =
  (path: string) =>
  (source: SourceDocument): SourceDocument => {
    const { value } = source;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return source;
    const base = pathToFileURL(resolve(path)).href;
    const absolute = urlFields.flatMap((field) => {
      const text = (value as JsonObject)[field];
      if (typeof text !== 'string' || !/^file:[^/]/.test(text)) return [];
      const url = URL.parse(text, base);
      return url === null ? [] : [[field, url.href] as const];
    });
    return { ...source, value: { ...value, ...Object.fromEntries(absolute) } };
  };

/** The values of the documents, as `/v1/apply` takes them. */
export const valuesOf = ({ documents }: Manifests): Json[] => documents.map(({ value }) => value as Json);

function filesOf(path: string): readonly string[] {
  if (path === '-') return [path];
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Fault('file_unreadable', `Cannot read ${path}: there is no such file`);
  if (!stat.isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/i.test(name));
  if (names.length === 0) throw new Fault('file_unreadable', `No *.yaml, *.yml or *.json in the directory ${path}`);
  return names.toSorted().map((name) => join(path, name));
}

async function readAll(stdin: CliInput): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin.stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
    length += bytes.length;
    // UTF-8 takes at most four bytes a character: beyond this the parser would refuse it anyway.
    if (length > 4 * documentLimits.textLength)
      throw new Fault('body_too_large', 'Standard input is too long for an apply');
    chunks.push(bytes);
  }
  return decodeText(Buffer.concat(chunks), 'standard input');
}
