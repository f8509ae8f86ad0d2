/**
 * The typed way to the REST API: one request function, one error type, one event stream. It holds no state but the address
 * and the token; whatever the server says is the truth (the CLI is a client, not an application).
 */
import { Fault } from '../core/kit/fault.ts';
import type { Json, JsonObject } from '../core/kit/json.ts';
import { parseEventStream, type StreamEvent } from './event-stream.ts';

export interface ApiClientConfig {
  /** Base URL, `http://127.0.0.1:7070`. */
  readonly server: string;
  /** Bearer token; null sends none (only the health routes answer then). */
  readonly token: string | null;
}

export interface ApiRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** A JSON body, or text with its media type (manifests). */
  readonly body?: Json | { readonly text: string; readonly mediaType: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  readonly body: Json;
  readonly etag: string | null;
  readonly text: string;
}

export interface ApiClient {
  readonly server: string;
  /** Resolves for every 2xx. Faults carry the envelope's code, message and details; `server_unreachable` when nobody answered. */
  request(method: string, path: string, request?: ApiRequest): Promise<ApiResponse>;
  /** As `request`, with the body as it arrives: logs. */
  open(method: string, path: string, request?: ApiRequest): Promise<Response>;
  /** Follows a server-sent event stream until it ends or `signal` aborts. `lastEventId` resumes. */
  follow(path: string, request: ApiRequest & { readonly lastEventId?: string }): AsyncGenerator<StreamEvent>;
}

/** `fetch` is handed in: only the composition root may reach for the network. */
export function createApiClient(deps: { readonly fetch: typeof fetch }, config: ApiClientConfig): ApiClient {
  const send = async (method: string, path: string, request: ApiRequest, accept: string): Promise<Response> => {
    const { payload, mediaType } = encodeBody(request.body);
    const headers = new Headers({ accept, ...request.headers });
    if (config.token !== null) headers.set('authorization', `Bearer ${config.token}`);
    if (mediaType !== null) headers.set('content-type', mediaType);
    try {
      const init: RequestInit = { method, headers, signal: request.signal ?? null };
      return await deps.fetch(
        urlOf(config.server, path, request.query),
        payload === null ? init : { ...init, body: payload },
      );
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw new Fault('server_unreachable', `Cannot reach the control plane at ${config.server}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  };
  return {
    server: config.server,
    async request(method, path, request = {}) {
      const response = await send(method, path, request, 'application/json');
      const text = await response.text();
      const json = (response.headers.get('content-type') ?? '').includes('json');
      const body = json && text !== '' ? (JSON.parse(text) as Json) : null;
      if (!response.ok) throw faultFromEnvelope(response.status, body, `${method} ${path}`);
      return { status: response.status, body, text, etag: response.headers.get('etag') };
    },
    async open(method, path, request = {}) {
      const response = await send(method, path, request, '*/*');
      if (response.ok) return response;
      throw faultFromEnvelope(response.status, parseJsonOrNull(await response.text()), `${method} ${path}`);
    },
    async *follow(path, request) {
      const headers: Record<string, string> = { ...request.headers };
      if (request.lastEventId !== undefined) headers['last-event-id'] = request.lastEventId;
      const response = await send('GET', path, { ...request, headers }, 'text/event-stream');
      if (!response.ok || response.body === null) {
        const text = await response.text();
        throw faultFromEnvelope(response.status, parseJsonOrNull(text), `GET ${path}`);
      }
      yield* parseEventStream(response.body);
    },
  };
}

function encodeBody(body: ApiRequest['body']): { payload: string | null; mediaType: string | null } {
  if (body === undefined) return { payload: null, mediaType: null };
  if (isText(body)) return { payload: body.text, mediaType: body.mediaType };
  return { payload: JSON.stringify(body), mediaType: 'application/json' };
}

function isText(body: Json | { text: string; mediaType: string }): body is { text: string; mediaType: string } {
  return typeof body === 'object' && body !== null && 'mediaType' in body && 'text' in body;
}

function urlOf(server: string, path: string, query: ApiRequest['query']): string {
  const url = new URL(path, server);
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url.toString();
}

function faultFromEnvelope(status: number, body: Json, action: string): Fault {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : null;
  const code = typeof error?.['code'] === 'string' ? error['code'] : 'internal';
  const message =
    typeof error?.['message'] === 'string'
      ? error['message']
      : `Cannot ${action}: the server answered with status ${status}`;
  const details = isObject(error?.['details'] ?? null) ? (error?.['details'] as JsonObject) : {};
  return new Fault(code, message, { retry: status >= 500 ? 'later' : 'never', details: { ...details, status } });
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJsonOrNull(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
