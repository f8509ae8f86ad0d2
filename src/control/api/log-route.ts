/** The serial log, whole or as it grows. */

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Fault } from '../../core/kit/fault.ts';
import { historyHeader } from '../../wire/http/log-stream.ts';
import { logsQuery } from '../../wire/http/queries.ts';
import type { CachedVm } from '../cached-vm.ts';
import type { NodeSession } from '../node-sessions.ts';
import { findVmOrGone } from '../operations/context.ts';
import { isRefused } from '../refusal.ts';
import { logBacklogBytes, scrollbackDefault } from './api-config.ts';
import { describeRoute, vmName } from './describe-route.ts';
import { openWithin, sessionOf } from './node-viewer.ts';
import type { ApiServer, RouteContext } from './route-context.ts';
import { routeErrors } from './route-errors.ts';

interface NameParams {
  readonly name: string;
}

export function addLogRoute(app: ApiServer, ctx: RouteContext): void {
  app.get<{ Params: NameParams; Querystring: z.output<typeof logsQuery> }>(
    '/v1/vms/:name/logs',
    describeRoute({
      tag: 'console',
      summary: 'Serial log',
      query: logsQuery,
      path: vmName,
      answers: {
        200: {
          text: `The last bytes, or the log as it grows: as many bytes of its end as the header \`${historyHeader}\` says come first.`,
          content: { 'text/plain': z.string() },
        },
      },
      errors: routeErrors.log,
    }),
    async (request, reply) => await sendLog(ctx, request.params.name, request.query, reply),
  );
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

const followHeaders = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

/**
 * The log as it grows: a viewer that never writes. It is dropped when it falls too far behind what comes; the history that it
 * asked for all at once is no falling behind.
 */
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
  let backlogMax = logBacklogBytes;
  const viewer = {
    async data(bytes: Uint8Array): Promise<void> {
      if (!begun) {
        held.push(Buffer.from(bytes));
        return;
      }
      if (reply.raw.writableLength > backlogMax) reply.raw.destroy();
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
  // Who left meanwhile is heard of no more.
  if (reply.raw.destroyed) {
    session.close();
    return reply;
  }
  reply.raw.writeHead(200, { ...followHeaders, [historyHeader]: String(session.historyBytes) });
  // Cut off, not ended: the log goes on, and a reader that knows this comes back for the rest.
  const end = () => reply.raw.destroy();
  ctx.closing.addEventListener('abort', end, { once: true });
  reply.raw.on('close', () => {
    ctx.closing.removeEventListener('abort', end);
    session.close();
  });
  begun = true;
  backlogMax += Math.min(session.historyBytes, tailBytes);
  for (const chunk of held) reply.raw.write(chunk);
  if (ended.signal.aborted) reply.raw.end();
  return reply;
}
