import type { FastifyRequest } from 'fastify';
import { isRawObject } from '../../wire/manifest/raw.ts';
import { refuseOffences } from '../operations/refuse-offences.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { jsonBody } from './parse-request.ts';

/** A verb that reads no body takes none but an empty one: a misplaced option must not go unnoticed. */
export function refuseBody(request: FastifyRequest): Refusal | null {
  const body = jsonBody(request);
  if (isRefused(body)) return body;
  if (body.value === undefined || body.value === null) return null;
  if (isRawObject(body.value) && Object.keys(body.value).length === 0) return null;
  const keys = isRawObject(body.value) ? Object.keys(body.value) : ['$'];
  return refuseOffences(
    keys.slice(0, 20).map((key) => ({
      document: 0,
      path: key === '$' ? '$' : `$.${key.slice(0, 80)}`,
      code: 'unknown_field',
      message: 'This verb reads no body; options travel in the query',
      got: null,
      expected: 'no body',
    })),
    null,
  );
}
