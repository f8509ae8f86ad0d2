/** What requests bring with them: bodies as text, read as their type says, and queries judged by their schema. */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Offence } from '../../wire/manifest/offence.ts';
import { parseJson } from '../../wire/manifest/parse-json.ts';
import { refuseOffences } from '../operations/refuse-offences.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type RawBody, schemaOffences } from './parse-request.ts';
import type { ApiServer } from './route-context.ts';

/** Carries a refusal through Fastify's own error path (query validation). */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** JSON is parsed strictly (duplicate keys are offences); YAML is left to those who read manifests. Both are UTF-8. */
export function addParsers(app: ApiServer): void {
  app.removeAllContentTypeParsers();
  const reader =
    (mediaType: RawBody['mediaType']) =>
    ({ headers }: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: RawBody | null) => void) => {
      if (isEncoded(headers)) return done(new RefusedError(encoded));
      if (!isUtf8(bytes)) return done(new RefusedError(refuseOffences([notUtf8], null)));
      const text = bytes.toString('utf8');
      const json = mediaType === 'json' ? parseJson(text) : null;
      return done(null, text === '' ? null : { text, mediaType, json });
    };
  const readBytes = { parseAs: 'buffer' } as const;
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], readBytes, reader('json') as never);
  app.addContentTypeParser(['application/yaml', 'application/x-yaml', 'text/yaml'], readBytes, reader('yaml') as never);
}

const encoded = refuse('unsupported_media_type', 'The body is encoded, compressed say; it is read only as it is');

function isEncoded(headers: IncomingHttpHeaders): boolean {
  const content = headers['content-encoding'] ?? 'identity';
  const transfer = headers['transfer-encoding'] ?? 'chunked';
  return content.toLowerCase() !== 'identity' || transfer.toLowerCase() !== 'chunked';
}

const notUtf8: Offence = {
  document: 0,
  path: '$',
  code: 'bad_syntax',
  message: 'The bytes are no UTF-8',
  got: null,
  expected: 'JSON or YAML in UTF-8',
};

/** Queries are judged here; bodies by whoever knows what they mean, their schemas only document them. */
export function compileValidator(schema: unknown, httpPart: string | undefined) {
  if (httpPart !== 'querystring' || !(schema instanceof z.ZodObject)) return () => true;
  const known = Object.keys(schema.shape);
  return (data: unknown) => {
    for (const _ in data as object) {
      const parsed = schema.safeParse(data);
      if (parsed.success) return { value: parsed.data };
      const offences = schemaOffences(parsed.error, data, known, '?');
      return { error: new RefusedError(refuseOffences(offences, null)) };
    }
    return { value: data };
  };
}
