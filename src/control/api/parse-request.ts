/** Parts of a request that are no document: query, headers, small bodies. Everything wrong is told at once. */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Json } from '../../core/kit/json.ts';
import { didYouMean } from '../../wire/manifest/did-you-mean.ts';
import { clipGot, type Offence, renderPath } from '../../wire/manifest/offence.ts';
import type { ParsedJson } from '../../wire/manifest/parse-json.ts';
import { refuseOffences } from '../operations/refuse-offences.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { idempotencyKeyMax } from './api-config.ts';

/** What the content type parsers leave in `request.body`. */
export interface RawBody {
  readonly text: string;
  readonly mediaType: 'json' | 'yaml';
  readonly json: ParsedJson | null;
}

/** Offences of a zod schema as ours: `?limit` in a query, `$.name` in a body. */
export function schemaOffences(
  error: z.ZodError,
  value: unknown,
  known: readonly string[],
  mark: '?' | '$',
): readonly Offence[] {
  return error.issues.flatMap((issue): readonly Offence[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const meant = didYouMean(key, known);
        const message = meant === undefined ? 'Unknown field' : `Unknown field; did you mean '${meant}'?`;
        return {
          document: 0,
          path: pathOf([key], mark),
          code: 'unknown_field',
          message,
          got: key.slice(0, 80),
          expected: known.length === 0 ? 'nothing' : [...known],
        };
      });
    }
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    const got = path.reduce<unknown>(
      (at, part) => (at as Readonly<Record<string, unknown>> | undefined)?.[part],
      value,
    );
    const isRepeated = mark === '?' && Array.isArray(got);
    const code =
      issue.code === 'too_big' || issue.code === 'too_small'
        ? 'out_of_range'
        : got === undefined
          ? 'missing'
          : 'bad_format';
    return [
      {
        document: 0,
        path: pathOf(path, mark),
        code,
        message: isRepeated
          ? 'It is given more than once'
          : got === undefined
            ? 'It is needed and missing'
            : messageOf(issue),
        got: clipGot(got, path),
        expected: isRepeated ? 'one value' : expectedOf(issue),
      },
    ];
  });
}

function pathOf(path: readonly (string | number)[], mark: '?' | '$'): string {
  return mark === '$' ? renderPath(path) : `?${path.join('.').slice(0, 80)}`;
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `It is one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) return 'It is empty';
  if (issue.code === 'too_big' || issue.code === 'too_small') return `It is ${String(expectedOf(issue))}`;
  return issue.code === 'invalid_type' ? `It is a ${issue.expected}` : sentenceOf(issue.message);
}

/** Rules of a value alone are no sentence: `a whole number 1..500`. */
const sentenceOf = (rule: string): string => (/^[a-z]/.test(rule) ? `It is ${rule}` : rule);

function expectedOf(issue: z.core.$ZodIssue): Json {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'too_big') return `at most ${String(issue.maximum)}${unitOf(issue)}`;
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) return 'some text';
  if (issue.code === 'too_small') return `at least ${String(issue.minimum)}${unitOf(issue)}`;
  return issue.code === 'invalid_type' ? issue.expected : issue.message;
}

const unitOf = ({ origin }: { readonly origin: string }): string => (origin === 'string' ? ' characters' : '');

/** Reads a small JSON body by its schema; an absent body is `{}`. */
export function parseBody<T extends z.ZodObject>(
  schema: T,
  request: FastifyRequest,
): { readonly value: z.output<T> } | Refusal {
  const body = jsonBody(request);
  if (isRefused(body)) return body;
  const parsed = schema.safeParse(body.value ?? {});
  if (parsed.success) return { value: parsed.data };
  return refuseOffences(schemaOffences(parsed.error, body.value, Object.keys(schema.shape), '$'), null);
}

/** The JSON of a body; `undefined` when there is none. Broken JSON and duplicate keys are offences. */
export function jsonBody(request: FastifyRequest): { readonly value: Json | undefined } | Refusal {
  const body = request.body as RawBody | undefined | null;
  if (body === undefined || body === null) return { value: undefined };
  if (body.json === null) return refuse('unsupported_media_type', 'This resource reads JSON, not YAML');
  if (body.json.ok) return { value: body.json.value };
  if (body.json.refusal === 'body_too_large') {
    return refuse('body_too_large', 'The request body is above the limit; nothing was changed');
  }
  return refuseOffences(body.json.offences, null);
}

/** `If-Match: "48102"`; null when there is none. */
export function ifMatchOf(request: FastifyRequest): { readonly ifMatch: number | null } | Refusal {
  const header = request.headers['if-match'];
  if (header === undefined || header === '*') return { ifMatch: null };
  const match = /^"(\d{1,15})"$/.exec(header);
  if (match !== null) return { ifMatch: Number(match[1]) };
  return refuseHeader('If-Match', 'If-Match is the revision in double quotes, as ETag gave it', header, '"48102"');
}

/** `If-None-Match: *`: only if there is none yet; the only form that a create can honour. */
export function ifNoneMatchOf(request: FastifyRequest): { readonly ifNoneMatch: boolean } | Refusal {
  const header = request.headers['if-none-match'];
  if (header === undefined || header === '*') return { ifNoneMatch: header === '*' };
  return refuseHeader('If-None-Match', 'If-None-Match of a create is *', header, '*');
}

/** What promises of a write depend on, where it does not look at it: it must not happen as if they were kept. */
const promises = {
  'If-Match': 'This request takes no such condition',
  'If-None-Match': 'This request takes no such condition',
  'Idempotency-Key': 'Its answer is not kept: a repetition would act anew',
} as const;

export function misplacedHeader({ method, headers, routeOptions }: FastifyRequest): Refusal | null {
  if (method === 'GET') return null;
  const known = routeOptions.config?.docs?.headers ?? [];
  for (const name of ['If-Match', 'If-None-Match', 'Idempotency-Key'] as const) {
    if (headers[name.toLowerCase()] === undefined || known.includes(name)) continue;
    // What changes nothing may be repeated anyway.
    if (name === 'Idempotency-Key' && /\/(plan|console)$/.test(routeOptions.url ?? '')) continue;
    return refuseHeader(name, promises[name], null, 'no such header');
  }
  return null;
}

/** Of these there is one: Node drops a second without a word, and a proxy before us may have read that one. */
const single: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type']);

/** The name of a header that is given twice though it must not be; null where there is none. */
export function repeatedHeader({ headers, rawHeaders }: IncomingMessage): string | null {
  // As many lines as names.
  if (rawHeaders.length === 2 * Object.keys(headers).length) return null;
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!single.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

function refuseHeader(path: string, message: string, header: string | null, expected: string): Refusal {
  const got = header === null ? null : header.slice(0, 80);
  return refuseOffences([{ document: 0, path, code: 'bad_format', message, got, expected }], null);
}

/** `Idempotency-Key`, checked; null when there is none. */
export function idempotencyKeyOf(request: FastifyRequest): { readonly key: string | null } | Refusal {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return { key: null };
  if (typeof header === 'string' && header.length <= idempotencyKeyMax && /^[\x21-\x7e]+$/.test(header))
    return { key: header };
  const message = `An Idempotency-Key is 1 to ${idempotencyKeyMax} printable characters without spaces`;
  return refuseHeader('Idempotency-Key', message, null, '^[!-~]{1,255}$');
}
