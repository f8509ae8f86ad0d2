/**
 * `fetch` as the API client needs it, over node:http: the built-in one costs a cold command 40 ms of compiling that nothing
 * else pays back.
 */
import type { IncomingMessage } from 'node:http';
import type { Http, HttpResponse } from '../client/api-client.ts';

const { Agent, request: httpRequest } = process.getBuiltinModule('node:http');

/** Followed requests of one command share a connection. */
const agent = new Agent({ keepAlive: true });

export const httpFetch: Http = async (url, { method, headers, body, signal }) => {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const send = secure ? (await import('node:https')).request : httpRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method, headers: { ...headers, ...lengthOf(body) }, ...(secure ? {} : { agent }) };
    const request = send(target, signal === null ? options : { ...options, signal });
    request.once('response', resolve);
    request.once('error', reject);
    if (body instanceof Blob) void sendBlob(body, request).catch(reject);
    else request.end(body ?? undefined);
  });
  return responseOf(response);
};

/** Servers take a body of a stated length without chunking. */
function lengthOf(body: string | Blob | null): Readonly<Record<string, number>> {
  if (body === null) return {};
  return { 'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.size };
}

async function sendBlob(body: Blob, request: ReturnType<typeof httpRequest>): Promise<void> {
  const { Readable } = await import('node:stream');
  const { pipeline } = await import('node:stream/promises');
  await pipeline(Readable.fromWeb(body.stream() as Parameters<typeof Readable.fromWeb>[0]), request);
}

function responseOf(response: IncomingMessage): HttpResponse {
  const status = response.statusCode ?? 0;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get: (name) => {
        const value = response.headers[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    body: response,
    async text() {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
