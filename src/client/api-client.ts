/**
 * The typed way to the REST API: one request function, one error type, one event stream. It holds no state but the address
 * and the token; whatever the server says is the truth (the CLI is a client, not an application).
 */
import { Fault } from '../core/kit/fault.ts';
import type { Json, JsonObject } from '../core/kit/json.ts';
import type { Secret } from '../core/kit/secret.ts';
import { parseEventStream, type StreamEvent } from './event-stream.ts';

export interface ApiClientConfig {
  /** Base URL, `http://127.0.0.1:7070`. */
  readonly server: string;
  /** Bearer token; null sends none (only the health routes answer then). */
  readonly token: Secret | null;
}

/** What the client needs of `fetch`; the built-in one fits. */
export type Http = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body: string | Blob | null;
    readonly signal: AbortSignal | null;
  },
) => Promise<HttpResponse>;

export interface HttpResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
}

export interface ApiRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** A JSON body, or text or bytes with their media type (manifests, backups). */
  readonly body?: Json | TypedBody;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface TypedBody {
  readonly content: string | Blob;
  readonly mediaType: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly body: Json;
  readonly etag: string | null;
  readonly mediaType: string;
  readonly text: string;
}

export interface OpenBody extends AsyncIterable<Uint8Array> {
  readonly headers: HttpResponse['headers'];
}

export interface ApiClient {
  readonly server: string;
  /** Resolves for every 2xx. Faults carry the envelope's code, message and details; `server_unreachable` when nobody answered. */
  request(method: string, path: string, request?: ApiRequest): Promise<ApiResponse>;
  /** As `request`, with the body as it arrives: logs. */
  open(method: string, path: string, request?: ApiRequest): Promise<OpenBody>;
  /** Follows a server-sent event stream until it ends or `signal` aborts. `lastEventId` resumes. */
  follow(path: string, request: ApiRequest & { readonly lastEventId?: string }): AsyncGenerator<StreamEvent>;
}

/** `fetch` is handed in: only the composition root may reach for the network. */
export function createApiClient(deps: { readonly fetch: Http }, config: ApiClientConfig): ApiClient {
  const send = async (method: string, path: string, request: ApiRequest, accept: string): Promise<HttpResponse> => {
    const { payload, mediaType } = encodeBody(request.body);
    const headers: Record<string, string> = { accept, ...request.headers };
    if (config.token !== null) headers['authorization'] = `Bearer ${config.token.reveal()}`;
    if (mediaType !== null) headers['content-type'] ??= mediaType;
    try {
      const init = { method, headers, body: payload, signal: request.signal ?? null };
      return await deps.fetch(urlOf(config.server, path, request.query), init);
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
      const text = await textOf(response, request.signal);
      const mediaType = response.headers.get('content-type') ?? '';
      const body = mediaType.includes('json') && text !== '' ? parseJsonOrNull(text) : null;
      if (!response.ok) throw faultFromEnvelope(response.status, body, `${method} ${path}`, config.server);
      if (mediaType.includes('html') || (mediaType.includes('json') && body === null && text !== 'null')) {
        throw new Fault('bad_answer', `Cannot ${method} ${path}: what answers at ${config.server} is not Holdfast`);
      }
      return { status: response.status, body, text, mediaType, etag: response.headers.get('etag') };
    },
    async open(method, path, request = {}) {
      const response = await send(method, path, request, '*/*');
      if (response.ok) {
        const body = guarded(response.body, request.signal);
        return { headers: response.headers, [Symbol.asyncIterator]: () => body };
      }
      throw faultFromEnvelope(
        response.status,
        parseJsonOrNull(await textOf(response, request.signal)),
        `${method} ${path}`,
        config.server,
      );
    },
    async *follow(path, request) {
      const headers: Record<string, string> = { ...request.headers };
      if (request.lastEventId !== undefined) headers['last-event-id'] = request.lastEventId;
      const response = await send('GET', path, { ...request, headers }, 'text/event-stream');
      if (!response.ok || response.body === null) {
        const text = await textOf(response, request.signal);
        throw faultFromEnvelope(response.status, parseJsonOrNull(text), `GET ${path}`, config.server);
      }
      yield* parseEventStream(guarded(response.body, request.signal));
    },
  };
}

async function textOf(response: HttpResponse, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw brokenOff(error, signal);
  }
}

async function* guarded(
  body: AsyncIterable<Uint8Array> | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    yield* body;
  } catch (error) {
    throw brokenOff(error, signal);
  }
}

/** A body that breaks off says so in our words; one that the caller ended gives the caller's reason. */
function brokenOff(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return new Fault('server_unreachable', `The connection to the control plane broke: ${reasonOf(error)}`, {
    cause: error,
  });
}

function encodeBody(body: ApiRequest['body']): { payload: string | Blob | null; mediaType: string | null } {
  if (body === undefined) return { payload: null, mediaType: null };
  if (isTyped(body)) return { payload: body.content, mediaType: body.mediaType };
  return { payload: JSON.stringify(body), mediaType: 'application/json' };
}

function isTyped(body: Json | TypedBody): body is TypedBody {
  return typeof body === 'object' && body !== null && 'mediaType' in body && 'content' in body;
}

function urlOf(server: string, path: string, query: ApiRequest['query']): string {
  // A control plane may lie below a path of a proxy.
  const url = new URL(`${server}${path}`);
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url.toString();
}

function faultFromEnvelope(status: number, body: Json, action: string, server: string): Fault {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : null;
  const code = typeof error?.['code'] === 'string' ? error['code'] : 'internal';
  const message =
    typeof error?.['message'] === 'string'
      ? error['message']
      : `Cannot ${action}: the server answered with status ${status}`;
  const details = isObject(error?.['details'] ?? null) ? (error?.['details'] as JsonObject) : {};
  // Who is not let in may have asked another control plane than the one that was meant.
  const asked = status === 401 ? { server } : {};
  return new Fault(code, message, {
    retry: status >= 500 ? 'later' : 'never',
    details: { ...details, ...asked, status },
  });
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
  if (!(cause instanceof Error)) return String(cause);
  // Between the names of the library's own functions and files stands what happened.
  const ofTls = /:SSL routines:[^:]*:([^:\n]+)/.exec(cause.message)?.[1];
  if (ofTls === 'wrong version number') return 'it does not speak TLS, which https:// asks for';
  return ofTls === undefined ? cause.message || cause.name : `TLS with it failed: ${ofTls}`;
}
