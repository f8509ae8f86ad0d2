/** What HTTP refuses where there is no request yet, or none that a route could answer: by the one envelope, counted, with an end. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, errorRow, httpStatusOf } from '../../core/kit/error-table.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import { lingerMs } from './api-config.ts';
import type { RequestMeter } from './request-metrics.ts';
import { unansweredOn } from './unanswered.ts';

const { STATUS_CODES } = process.getBuiltinModule('node:http');

export interface SocketRefusals {
  /** For what cannot be read as a request. */
  readonly unreadable: (error: Error & { readonly code?: string }, socket: Duplex) => void;
  /** Over a socket that no request's answer is going out on. */
  readonly refuse: (socket: Duplex, code: ErrorCode, message?: string) => void;
  /** Takes the corners of HTTP that Node would answer by itself. */
  attach(server: Server): void;
}

export interface SocketRefusalDeps {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Pick<Random, 'uuid'>;
  readonly requests: RequestMeter;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}

export function createSocketRefusals({ clock, random, requests, closing }: SocketRefusalDeps): SocketRefusals {
  const render = (code: ErrorCode, message: string) => {
    const status = httpStatusOf(code);
    const requestId = random.uuid();
    const body = JSON.stringify({ error: { code, message, details: { request_id: requestId } } });
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': requestId,
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    };
    requests.count('none', 'none', status, 0);
    return { status, headers, body };
  };
  const refuse: SocketRefusals['refuse'] = (socket, code, message = errorRow(code).sentence) => {
    const { status, headers, body } = render(code, message);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
    // Whoever goes on sending, or never closes, would hold the connection for ever.
    const destroy = (): void => void socket.destroy();
    clock.sleep(lingerMs, closing).then(destroy, destroy);
  };
  const unlessAnswering = (socket: Duplex, act: () => void): void => {
    const open = [...unansweredOn(socket)];
    // An answer in the middle of another, or in front of it, would be taken for a part of that.
    if (!socket.writable || open.length > 1 || open.some(({ headersSent }) => headersSent)) socket.destroy();
    else act();
  };
  return {
    refuse,
    unreadable: (error, socket) => unlessAnswering(socket, () => refuse(socket, ...refusalOf(error.code))),
    attach(server) {
      server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
        const { status, headers, body } = render('expectation_failed', errorRow('expectation_failed').sentence);
        response.writeHead(status, headers).end(body);
      });
      server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
        unlessAnswering(socket, () =>
          refuse(socket, 'method_not_allowed', 'CONNECT is not possible: this is no proxy'),
        );
      });
    },
  };
}

function refusalOf(code: string | undefined): [ErrorCode, string?] {
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers_too_large'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['request_timeout'];
  return ['bad_request', notHttp];
}

export const notHttp = 'The request cannot be read as HTTP';
