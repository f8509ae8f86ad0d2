/**
 * How a route is told to OpenAPI: what it reads, what it answers, and every error it can give, by the error table. Queries
 * are validated by the same schemas; headers and bodies by whoever reads them.
 */
import type { FastifySchema } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type ErrorCode, errorRow, httpStatusOf } from '../../core/kit/error-table.ts';
import { errorSchema, taskSchema, vmSchema } from '../../wire/http/answers.ts';
import { idempotencyKeyMax } from './api-config.ts';
import { asksForPatience } from './envelope.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route answers; missing only where Fastify itself answers. */
    readonly docs?: RouteDocs;
  }
}

const headerTexts = {
  'If-Match': 'Only if this is the revision of the VM: the ETag it was read with, `"48102"`; else `412`.',
  'If-None-Match': '`*`: only if no VM has that name; else `412`.',
  'Idempotency-Key': `1 to ${idempotencyKeyMax} printable characters. A repetition within 24 h gets the stored answer and changes nothing.`,
  'Last-Event-ID': 'With watch: resume after this revision; wins over `revision`.',
  Accept: '`application/yaml`: the manifest, the fields a user set, instead of the document.',
} as const;

const answerHeaders = {
  ETag: 'The revision in double quotes, for If-Match.',
  Location: 'Path of the task.',
  'Idempotent-Replay': '`true` where this is the stored answer of an earlier request.',
  'Retry-After': 'Seconds after which to try again.',
} as const;

export type RequestHeader = keyof typeof headerTexts;
type AnswerHeader = keyof typeof answerHeaders;

export interface Answer {
  readonly text: string;
  /** By media type. */
  readonly content: Readonly<Record<string, z.ZodType>>;
  readonly headers?: readonly AnswerHeader[];
}

export interface RouteDocs {
  readonly tag: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  /** Names in the path with what they mean. */
  readonly path?: Readonly<Record<string, string>>;
  readonly headers?: readonly RequestHeader[];
  readonly body?: z.ZodType;
  readonly bodyTypes?: readonly string[];
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors: readonly ErrorCode[];
  /** No token is asked for. */
  readonly isOpen?: boolean;
}

export const vmName = { name: 'Name of the VM, or `uid:` and its uid.' };

export const json = (text: string, schema: z.ZodType, headers: readonly AnswerHeader[] = []): Answer => ({
  text,
  content: { 'application/json': schema },
  headers,
});

export const taskAnswer = json('Accepted: the task, waited for if asked.', taskSchema, [
  'Location',
  'Idempotent-Replay',
]);
export const vmAnswer = json('The VM as it is now.', vmSchema, ['ETag', 'Idempotent-Replay']);

/** Options of a route: its schema for validation and OpenAPI, and the docs themselves for tests. */
export function describeRoute(docs: RouteDocs): {
  readonly schema: FastifySchema;
  readonly config: { docs: RouteDocs };
} {
  const { tag, summary, query, path, headers, body, bodyTypes } = docs;
  const schema = {
    tags: [tag],
    summary,
    ...(query === undefined ? {} : { querystring: query }),
    ...(path === undefined ? {} : { params: textObject(path, false) }),
    ...(headers === undefined
      ? {}
      : { headers: textObject(Object.fromEntries(headers.map((name) => [name, headerTexts[name]])), true) }),
    ...(body === undefined ? {} : { body, consumes: bodyTypes ?? ['application/json'] }),
    ...(docs.isOpen === true ? { security: [] } : {}),
    response: { ...answersOf(docs), ...errorsOf(docs.errors) },
  };
  return { schema: schema as FastifySchema, config: { docs } };
}

function textObject(texts: Readonly<Record<string, string>>, optional: boolean): z.ZodObject {
  return z.object(
    Object.fromEntries(
      Object.entries(texts).map(([name, description]) => {
        const text = z.string().meta({ description });
        return [name, optional ? text.optional().meta({ description }) : text];
      }),
    ),
  );
}

function answersOf({ answers }: RouteDocs) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { text, content, headers = [] }]) => [
      status,
      {
        description: text,
        content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])),
        headers: Object.fromEntries(headers.map((name) => [name, headerSchema(name)])),
      },
    ]),
  );
}

const headerSchema = (name: AnswerHeader) => ({ type: 'string', description: answerHeaders[name] });

/** One answer a status, its description naming every code with what it means. */
function errorsOf(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(new Set(codes), httpStatusOf);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${errorRow(code).sentence}`).join('; '),
        content: { 'application/json': { schema: errorSchema } },
        headers: asksForPatience(status) ? { 'Retry-After': headerSchema('Retry-After') } : {},
      },
    ]),
  );
}

/** The transform of the schemas forgets the headers of answers. */
export const transformRoute: typeof jsonSchemaTransform = (document) => {
  const made = jsonSchemaTransform(document);
  const before = (document.schema?.response ?? {}) as Readonly<Record<string, { readonly headers?: object }>>;
  const after = (made.schema?.response ?? {}) as Record<string, Record<string, unknown>>;
  for (const [status, answer] of Object.entries(after)) {
    const headers = before[status]?.headers;
    if (headers !== undefined && Object.keys(headers).length > 0) answer['headers'] = headers;
  }
  return made;
};
