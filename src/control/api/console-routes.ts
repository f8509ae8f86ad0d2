/**
 * Serial console and log. A console needs a token of its own, used once within 60 s; several read, one writes; the
 * guest is always drained by its agent, a viewer that is too far behind skips output with a marker (spec §11).
 */

import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { timeText } from '../../core/convergence/clock-text.ts';
import { liveIncarnation, phaseWords } from '../../core/instance/phase.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { faultCode } from '../../core/kit/fault.ts';
import { consoleTokenSchema } from '../../wire/http/answers.ts';
import { consoleOpenQuery, consoleQuery } from '../../wire/http/queries.ts';
import type { CachedVm } from '../cached-vm.ts';
import { findVm, observedOf } from '../operations/context.ts';
import { notRunningDetails } from '../operations/not-running.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { consoleTokenMs, scrollbackDefault } from './api-config.ts';
import { runConsole } from './console-session.ts';
import { type ConsoleTicket, Tickets } from './console-tickets.ts';
import { describeRoute, json, vmName } from './describe-route.ts';
import { addLogRoute } from './log-route.ts';
import { sessionOf } from './node-viewer.ts';
import { refuseBody } from './refuse-body.ts';
import { type ApiServer, principalOf, type RouteContext, sendJson } from './route-context.ts';
import { routeErrors } from './route-errors.ts';

interface NameParams {
  readonly name: string;
}

const sessionDocs = describeRoute({
  tag: 'console',
  summary: 'Console session (WebSocket)',
  query: consoleOpenQuery,
  path: vmName,
  answers: {
    101: { text: 'Bytes of the console, both ways.', content: { 'application/octet-stream': z.string() } },
  },
  errors: routeErrors.console,
  isOpen: true,
});

export function addConsoleRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes, deps, config } = ctx;
  const tickets = new Tickets();
  const writers = new Map<Uid, WebSocket>();
  const taken = new WeakMap<FastifyRequest, ConsoleTicket>();
  let sessions = 0;

  app.post<{ Params: NameParams; Querystring: z.output<typeof consoleQuery> }>(
    '/v1/vms/:name/console',
    describeRoute({
      tag: 'console',
      summary: 'Token for one console session',
      query: consoleQuery,
      path: vmName,
      answers: { 200: json('The token and the path to open as a WebSocket.', consoleTokenSchema) },
      errors: routeErrors.consoleTicket,
    }),
    (request, reply) => {
      const unwanted = refuseBody(request);
      if (unwanted !== null) return envelopes.refusal(reply, unwanted);
      const vm = findVm(plane.model, request.params.name);
      if (isRefused(vm)) return envelopes.refusal(reply, vm);
      const { name, uid } = vm.record;
      const idle = refuseIdle(vm);
      if (idle !== null) return envelopes.refusal(reply, idle);
      sessionOf(ctx, vm, `open the console of VM "${name}"`);
      const readOnly = request.query.read_only === true;
      const token = deps.random.hex(32);
      const expiresAt = deps.clock.now() + consoleTokenMs;
      tickets.add(token, { uid, name, readOnly, principal: principalOf(request).principal, expiresAt });
      return sendJson(reply, 200, {
        token,
        path: `/v1/vms/${name}/console?token=${token}`,
        expires_at: timeText(expiresAt),
        read_only: readOnly,
      });
    },
  );

  app.route<{ Params: NameParams; Querystring: z.output<typeof consoleOpenQuery> }>({
    method: 'GET',
    url: '/v1/vms/:name/console',
    ...sessionDocs,
    preHandler: async (request, reply) => {
      const ticket = tickets.take(request.query.token ?? '', request.params.name, deps.clock.now());
      const refusal = checkTicket(ticket, writers, sessions, config.consolesMax);
      if (refusal !== null) return envelopes.refusal(reply, refusal);
      if (ticket !== null) taken.set(request, ticket);
    },
    handler: (_request, reply) => envelopes.refusal(reply, refuse('bad_request', 'A console is opened as a WebSocket')),
    wsHandler: (socket, request) => {
      const ticket = taken.get(request);
      if (ticket === undefined) return socket.close(4401, 'console_token_invalid');
      sessions += 1;
      if (!ticket.readOnly) writers.set(ticket.uid, socket);
      socket.on('close', () => {
        sessions -= 1;
        if (writers.get(ticket.uid) === socket) writers.delete(ticket.uid);
      });
      const scrollback = (request.query as z.output<typeof consoleOpenQuery>).scrollback_bytes ?? scrollbackDefault;
      runConsole(ctx, socket, ticket, scrollback).catch((error: unknown) => {
        deps.log.warn('A console session ended', { code: faultCode(error), error: String(error) });
        socket.close(1011, faultCode(error));
      });
    },
  });
  addLogRoute(app, ctx);
}

/** Without a process there is no console. */
function refuseIdle({ record, reading, view }: CachedVm): Refusal | null {
  if (liveIncarnation(observedOf(view)) !== null) return null;
  const message = `Cannot open the console of VM "${record.name}": it is ${phaseWords(reading.phase)}`;
  return refuse('not_running', message, notRunningDetails(reading));
}

function checkTicket(
  ticket: ConsoleTicket | null,
  writers: ReadonlyMap<Uid, WebSocket>,
  sessions: number,
  limit: number,
): Refusal | null {
  if (ticket === null) return refuse('console_token_invalid', 'The console token is used up, expired or unknown');
  if (sessions >= limit)
    return refuse('too_many_viewers', `Cannot open another console: ${limit} are open already`, { limit });
  if (ticket.readOnly || !writers.has(ticket.uid)) return null;
  return refuse('console_busy', `Another session writes to the console of VM "${ticket.name}"`, {
    next_action: 'Open it read-only',
  });
}
