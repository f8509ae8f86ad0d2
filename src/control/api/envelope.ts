/**
 * The one error envelope (spec §4): refusals and faults become status, code, message and details by the error table.
 */
import type { FastifyReply } from 'fastify';
import { errorTable, httpStatusOf, isErrorCode } from '../../core/kit/error-table.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { Refusal } from '../refusal.ts';
import { notHttp } from './socket-refusals.ts';

export interface Envelopes {
  refusal(reply: FastifyReply, refusal: Refusal): FastifyReply;
  /** For whatever was thrown: foreign errors are `internal`, and only the log sees their text. */
  error(reply: FastifyReply, error: unknown): FastifyReply;
}

export function createEnvelopes({ random, log }: { readonly random: Random; readonly log: Log }): Envelopes {
  const send = (reply: FastifyReply, code: string, message: string, details: JsonObject): FastifyReply => {
    const requestId = random.uuid();
    const status = httpStatusOf(code);
    if (asksForPatience(status)) reply.header('retry-after', '1');
    if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
    return reply
      .code(status)
      .type('application/json; charset=utf-8')
      .header('x-request-id', requestId)
      .send(JSON.stringify({ error: { code, message, details: { request_id: requestId, ...details } } }));
  };
  const fault = (reply: FastifyReply, error: Fault): FastifyReply => {
    const code = faultStatusCode(error);
    if (code === 'internal') {
      log.error('A request met a fault that is no answer', { code: error.code, error: error.message });
      return send(reply, 'internal', 'The control plane has a defect; nothing is known of the outcome', {});
    }
    return send(reply, code, error.message, error.details as JsonObject);
  };
  return {
    refusal: (reply, { code, message, details }) => send(reply, code, message, details),
    error(reply, error) {
      if (error instanceof Fault) return fault(reply, error);
      const known = fastifyFault(error);
      if (known !== null) return send(reply, known.code, known.message, {});
      log.error('A request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      return send(reply, 'internal', 'The control plane has a defect; nothing is known of the outcome', {});
    },
  };
}

/** Statuses whose answers say when to try again. */
export const asksForPatience = (status: number): boolean => status === 429 || status === 503;

const unreadableType =
  "No body of this content type is read: state 'content-type: application/json', or application/yaml for manifests";

/** Codes of ports that answer requests under another name. */
const renamed: Readonly<Record<string, string>> = {
  store_busy: 'overloaded',
  store_closed: 'not_ready',
  store_failed: 'store_unavailable',
  no_such_instance: 'not_running',
  monitor_failed: 'outcome_unknown',
  session_closed: 'node_unreachable',
  server_unreachable: 'node_unreachable',
  deadline_exceeded: 'outcome_unknown',
};

function faultStatusCode({ code }: Fault): string {
  const name = renamed[code] ?? code;
  return isErrorCode(name) && errorTable[name].status !== null ? name : 'internal';
}

/** What Fastify itself refuses, in our words. */
function fastifyFault(error: unknown): { readonly code: string; readonly message: string } | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { code: 'body_too_large', message: 'The request body is above the limit; nothing was changed' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { code: 'unsupported_media_type', message: unreadableType };
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_BAD_URL':
      return { code: 'bad_request', message: notHttp };
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { code: 'uri_too_long', message: 'A name in the path is longer than any that exists' };
    default:
      return null;
  }
}
