/**
 * Serial console and log. A console needs a token of its own, used once within 60 s; several read, one writes; the
 * guest is always drained by its agent, a viewer that is too far behind skips output with a marker (spec §11).
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { timeText } from '../../core/convergence/clock-text.ts';
import { liveIncarnation } from '../../core/instance/phase.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { Fault, faultCode } from '../../core/kit/fault.ts';
import type { ConsoleSession } from '../../ports/control-link.ts';
import { pause } from '../../ports/pause.ts';
import { consoleTokenSchema } from '../../wire/http/answers.ts';
import { consoleOpenQuery, consoleQuery, logsQuery } from '../../wire/http/queries.ts';
import type { CachedVm } from '../cached-vm.ts';
import { nodeCallMs } from '../control-config.ts';
import type { NodeSession } from '../node-sessions.ts';
import { findVm, findVmOrGone, observedOf } from '../operations/context.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { type GoneRow, goneKey, readRow } from '../rows.ts';
import {
  consoleBacklogBytes,
  consoleInputBytes,
  consolePingMs,
  consoleTokenMs,
  consoleTokensMax,
  scrollbackDefault,
  watcherBacklogBytes,
} from './api-config.ts';
import { describeRoute, json, vmName } from './describe-route.ts';
import { refuseBody } from './refuse-body.ts';
import { type ApiServer, principalOf, type RouteContext, sendJson } from './route-context.ts';
import { routeErrors } from './route-errors.ts';

interface NameParams {
  readonly name: string;
}

interface ConsoleTicket {
  readonly uid: Uid;
  readonly name: string;
  readonly readOnly: boolean;
  readonly principal: string;
  readonly expiresAt: number;
}

/** Single-use tokens; they live in memory, a restart of the control plane ends them. */
class Tickets {
  readonly #byToken = new Map<string, ConsoleTicket>();

  add(token: string, ticket: ConsoleTicket): void {
    const oldest = this.#byToken.keys().next();
    if (this.#byToken.size >= consoleTokensMax && !oldest.done) this.#byToken.delete(oldest.value);
    this.#byToken.set(token, ticket);
  }

  take(token: string, name: string, now: number): ConsoleTicket | null {
    const ticket = this.#byToken.get(token);
    this.#byToken.delete(token);
    return ticket !== undefined && ticket.name === name && now < ticket.expiresAt ? ticket : null;
  }
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

function addLogRoute(app: ApiServer, ctx: RouteContext): void {
  app.get<{ Params: NameParams; Querystring: z.output<typeof logsQuery> }>(
    '/v1/vms/:name/logs',
    describeRoute({
      tag: 'console',
      summary: 'Serial log',
      query: logsQuery,
      path: vmName,
      answers: { 200: { text: 'The last bytes, or the log as it grows.', content: { 'text/plain': z.string() } } },
      errors: routeErrors.log,
    }),
    async (request, reply) => await sendLog(ctx, request.params.name, request.query, reply),
  );
}

/** Without a process there is no console. */
function refuseIdle({ record, reading, view }: CachedVm): Refusal | null {
  if (liveIncarnation(observedOf(view)) !== null) return null;
  const { phase } = reading;
  return refuse('not_running', `Cannot open the console of VM "${record.name}": it is ${phase}`, { phase });
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

/** The node's own connection, or the fault `node_unreachable`. */
function sessionOf({ plane }: RouteContext, vm: CachedVm, action: string): NodeSession {
  const { placement, removedAt } = vm.view;
  const last = removedAt === null ? undefined : readRow<GoneRow>(plane.ctx.store, goneKey(vm.record.uid))?.value.node;
  return plane.ctx.sessions.require(placement?.kind === 'placed' ? placement.node : (last ?? null), action);
}

/** One viewer: node → socket with skipping, socket → node in order. */
async function runConsole(
  ctx: RouteContext,
  socket: WebSocket,
  ticket: ConsoleTicket,
  scrollback: number,
): Promise<void> {
  const { plane, deps, closing } = ctx;
  const vm = plane.model.getByUid(ticket.uid);
  if (vm === undefined) return socket.close(1011, 'not_found');
  const node = sessionOf(ctx, vm, `open the console of VM "${ticket.name}"`);
  const ended = new AbortController();
  socket.on('close', () => ended.abort());
  const opening = openWithin(ctx, ended.signal, (signal) =>
    node.service.openConsole(ticket.uid, scrollback, viewerOf(socket), signal),
  );
  if (!ticket.readOnly) typeInto(opening, socket);
  const session = await opening;
  if (ended.signal.aborted) return session.close();
  ended.signal.addEventListener('abort', () => session.close(), { once: true });
  closing.addEventListener('abort', () => socket.close(1001, 'not_ready'), { once: true });
  while (!ended.signal.aborted) {
    await pause(deps.clock, consolePingMs, ended.signal);
    if (!ended.signal.aborted) socket.ping();
  }
}

/** What is typed goes to the node in order, and as fast as it takes it: a viewer that is ahead is not read from. */
function typeInto(opening: Promise<ConsoleSession>, socket: WebSocket): void {
  // Whoever opens the session says why it cannot be.
  const opened = opening.catch(() => null);
  let held = 0;
  let writing: Promise<void> = Promise.resolve();
  const write = async (bytes: Buffer): Promise<void> => {
    await (await opened)?.write(bytes);
    held -= bytes.length;
    if (held < consoleInputBytes) socket.resume();
  };
  socket.on('message', (bytes: Buffer) => {
    held += bytes.length;
    if (held >= consoleInputBytes) socket.pause();
    writing = writing.then(() => write(bytes)).catch(() => socket.close(1011, 'outcome_unknown'));
  });
}

function viewerOf(socket: WebSocket) {
  let skipped = 0;
  return {
    async data(bytes: Uint8Array): Promise<void> {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > consoleBacklogBytes) {
        skipped += bytes.length;
        return;
      }
      if (skipped > 0) {
        socket.send(Buffer.from(`\r\n[${skipped} bytes skipped]\r\n`));
        skipped = 0;
      }
      socket.send(bytes, { binary: true });
    },
    closed: (because: string) => socket.close(1000, because.slice(0, 100)),
  };
}

/** Bounded by the time that any call to a node has (spec F2), and by the end of the viewer. */
async function openWithin<T>(
  ctx: RouteContext,
  viewer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  try {
    return await call(ctx.deps.clock.timeout(nodeCallMs, AbortSignal.any([viewer, done.signal])));
  } finally {
    done.abort();
  }
}

async function sendLog(
  ctx: RouteContext,
  ref: string,
  query: z.output<typeof logsQuery>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const vm = findVmOrGone(ctx.plane.model, ref);
  if (isRefused(vm)) return ctx.envelopes.refusal(reply, vm);
  const node = sessionOf(ctx, vm, `read the log of VM "${vm.record.name}"`);
  const bytes = query.tail_bytes ?? scrollbackDefault;
  if (query.follow === true) return await followLog(ctx, node, vm, bytes, reply);
  const never = new AbortController();
  const log = await openWithin(ctx, never.signal, (signal) => node.service.readLog(vm.record.uid, bytes, signal));
  return reply.code(200).type('text/plain; charset=utf-8').send(Buffer.from(log));
}

/** The log as it grows: a viewer that never writes. It is dropped when it falls too far behind. */
async function followLog(
  ctx: RouteContext,
  node: NodeSession,
  vm: CachedVm,
  tailBytes: number,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const ended = new AbortController();
  const held: Buffer[] = [];
  let begun = false;
  const viewer = {
    async data(bytes: Uint8Array): Promise<void> {
      if (!begun) {
        held.push(Buffer.from(bytes));
        return;
      }
      if (reply.raw.writableLength > watcherBacklogBytes) reply.raw.destroy();
      else reply.raw.write(Buffer.from(bytes));
    },
    closed: () => {
      if (begun) reply.raw.end();
      else ended.abort(new Fault('not_running', `VM "${vm.record.name}" stopped`));
    },
  };
  const session = await openWithin(ctx, ended.signal, (signal) =>
    node.service.openConsole(vm.record.uid, tailBytes, viewer, signal),
  );
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  // Cut off, not ended: the log goes on, and a reader that knows this comes back for the rest.
  const end = () => reply.raw.destroy();
  ctx.closing.addEventListener('abort', end, { once: true });
  reply.raw.on('close', () => {
    ctx.closing.removeEventListener('abort', end);
    session.close();
  });
  begun = true;
  for (const chunk of held) reply.raw.write(chunk);
  return reply;
}
