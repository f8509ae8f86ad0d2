import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import type { Task } from '../../core/task/task.ts';
import type { ControlDeps } from '../control-config.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Caller, Mutated } from '../mutate.ts';
import { notFound } from '../operations/context.ts';
import { awaitTask } from '../operations/tasks.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { renderTask } from '../render-task.ts';
import { mayEdit } from '../roles.ts';
import type { StoredAnswer } from '../rows.ts';
import type { Principal } from '../tokens.ts';
import type { EndOfTurn } from './answer-turns.ts';
import type { ApiConfig } from './api-config.ts';
import type { RouteDocs } from './describe-route.ts';
import type { Envelopes } from './envelope.ts';
import { idempotencyKeyOf, type RawBody } from './parse-request.ts';

/** Fastify with schemas in zod. */
export type ApiServer = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  import('fastify').FastifyBaseLogger,
  ZodTypeProvider
>;

/** What every route is made of. */
export interface RouteContext {
  readonly plane: ControlPlane;
  readonly deps: Pick<ControlDeps, 'clock' | 'random' | 'log'> & { readonly endOfTurn: EndOfTurn };
  readonly config: ApiConfig;
  readonly envelopes: Envelopes;
  /** Aborts when the server closes: ends streams and waits. */
  readonly closing: AbortSignal;
}

/** A route that was added, with what OpenAPI is told of it. */
export interface DescribedRoute {
  readonly method: string;
  readonly url: string;
  readonly pattern: RegExp;
  readonly docs: RouteDocs | null;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly described: readonly DescribedRoute[];
  }
  interface FastifyRequest {
    /** Who was let in; null on routes without authentication. A field: a weak map costs every collection of garbage. */
    principal: Principal | null;
  }
}

/** Who was let in by the authentication hook. */
export function principalOf(request: FastifyRequest): Principal {
  const found = request.principal;
  if (found === null) throw new Error('a route without authentication asked who is there');
  return found;
}

/** Whether documents for this request may hold secrets of cloud-init. */
export const seesSecrets = (request: FastifyRequest): boolean => mayEdit(principalOf(request));

/** The caller of a mutation, with what makes its repetition known. */
export function callerOf(request: FastifyRequest): Caller | Refusal {
  const { principal, role } = principalOf(request);
  const found = idempotencyKeyOf(request);
  if (isRefused(found)) return found;
  if (found.key === null) return { principal, role, idempotency: null };
  const text = (request.body as RawBody | undefined | null)?.text ?? '';
  const [path = '', query = ''] = request.url.split('?');
  // How long the answer may take is no part of what is asked for.
  const options = query.split('&').filter((option) => !option.startsWith('wait='));
  const asked = `${path}?${options.sort().join('&')}`;
  const bodyHash = createHash('sha256').update(asked).update('\n').update(text).digest('hex');
  return {
    principal,
    role,
    idempotency: { key: found.key, scope: `${principal} ${request.method} ${path}`, bodyHash },
  };
}

const jsonType = 'application/json; charset=utf-8';

/** Sends JSON that is text or bytes already, or becomes bytes part by part. */
export function sendText(reply: FastifyReply, status: number, text: string | Buffer | Readable): FastifyReply {
  return reply.code(status).type(jsonType).send(text);
}

export function sendJson(reply: FastifyReply, status: number, body: Json): FastifyReply {
  return sendText(reply, status, JSON.stringify(body));
}

/** A repetition gets what the first request got. */
export function sendReplay(reply: FastifyReply, stored: StoredAnswer, revision: number): FastifyReply {
  reply.header('idempotent-replay', 'true');
  if (stored.location !== null) reply.header('location', stored.location);
  const body = (stored.revisionOfCommit ? { ...(stored.body as JsonObject), revision } : stored.body) as JsonObject;
  if (typeof body['revision'] === 'number') reply.header('etag', `"${body['revision']}"`);
  return sendJson(reply, stored.status, body);
}

/** The document of a VM as it is now, with its ETag. */
export function sendVm(ctx: RouteContext, request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply {
  const vm = ctx.plane.model.get(name);
  if (vm === undefined) return ctx.envelopes.refusal(reply, notFound(name));
  reply.header('etag', `"${vm.revision}"`);
  return sendText(reply, 200, vm.text(seesSecrets(request)));
}

/** `202` with the task, after waiting for it as long as asked. */
export async function sendTask(
  ctx: RouteContext,
  reply: FastifyReply,
  outcome: Mutated<Task> | Refusal,
  waitSeconds: number | undefined,
): Promise<FastifyReply> {
  if (isRefused(outcome)) return ctx.envelopes.refusal(reply, outcome);
  const id = outcome.kind === 'done' ? outcome.result.id : taskIdOf(outcome.stored);
  if (waitSeconds !== undefined && waitSeconds > 0 && id !== null) {
    const task = await waitForTask(ctx, reply, id, waitSeconds);
    if (!isRefused(task)) {
      if (outcome.kind === 'replayed') reply.header('idempotent-replay', 'true');
      return sendJson(reply.header('location', `/v1/tasks/${id}`), 202, renderTask(task));
    }
  }
  if (outcome.kind === 'replayed') return sendReplay(reply, outcome.stored, outcome.revision);
  if (outcome.stored.location !== null) reply.header('location', outcome.stored.location);
  return sendJson(reply, outcome.stored.status, outcome.stored.body);
}

function taskIdOf({ body }: StoredAnswer): string | null {
  const id = (body as { readonly id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : null;
}

/** The task when it is finished, or as it is when the time is over or nobody waits for the answer any more. */
export async function waitForTask(
  ctx: RouteContext,
  { raw }: FastifyReply,
  id: string,
  seconds: number,
): Promise<Task | Refusal> {
  const done = new AbortController();
  const end = (): void => done.abort();
  raw.once('close', end);
  // Who left before is heard of no more.
  if (raw.destroyed) end();
  const signal = ctx.deps.clock.timeout(seconds * 1000, AbortSignal.any([ctx.closing, done.signal]));
  try {
    return await awaitTask(ctx.plane.ctx, id, signal);
  } finally {
    raw.off('close', end);
    done.abort();
  }
}
