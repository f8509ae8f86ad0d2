/** An HTTP server that answers what a test recorded, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { historyHeader } from '../../wire/http/log-stream.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status?: number; readonly text: string; readonly type?: string; readonly historyBytes?: number }
  /** Server-sent events; the connection ends after them. */
  | { readonly events: readonly { readonly id: string; readonly data: unknown }[] };

/** `GET /v1/vms/web-1` → answers in turn; the last one stays. */
export type Answers = Readonly<Record<string, Answer | readonly Answer[] | ((asked: Asked) => Answer)>>;

export interface FakeApi extends AsyncDisposable {
  readonly server: string;
  readonly asked: readonly Asked[];
}

export async function startFakeApi(answers: Answers): Promise<FakeApi> {
  const asked: Asked[] = [];
  const turns = new Map<string, number>();
  const server = createServer((request, response) => {
    void handle(request, response);
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = await readRequest(request);
    asked.push(one);
    const watch = one.query['watch'] === 'true' ? '?watch' : '';
    const key = `${one.method} ${one.path}${watch}`;
    const found = answers[key];
    if (found === undefined) {
      const error = { code: 'not_found', message: `VM "${one.path.split('/').at(-1)}" does not exist`, details: {} };
      send(response, { status: 404, json: { error } });
      return;
    }
    if (typeof found === 'function') return send(response, found(one));
    const list = Array.isArray(found) ? (found as readonly Answer[]) : [found as Answer];
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    send(response, list[Math.min(turn, list.length - 1)] as Answer);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const url = new URL(request.url ?? '/', 'http://fake');
  const isJson = request.headers['content-type']?.includes('json') === true;
  return {
    method: request.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: text === '' ? null : isJson ? (JSON.parse(text) as unknown) : text,
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if ('events' in answer) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const { id, data } of answer.events) response.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
    response.end();
  } else if ('json' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(answer.json));
  } else {
    const history = answer.historyBytes === undefined ? {} : { [historyHeader]: String(answer.historyBytes) };
    response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'text/plain', ...history });
    response.end(answer.text);
  }
}
