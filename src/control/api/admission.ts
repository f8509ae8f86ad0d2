import type { FastifyRequest } from 'fastify';
import { secretOf } from '../../core/kit/secret.ts';
import type { ControlPlane } from '../control-plane.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { mayEdit } from '../roles.ts';
import { pipelinedMax } from './api-config.ts';
import { misplacedHeader, repeatedHeader } from './parse-request.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RequestMeter } from './request-metrics.ts';
import type { ApiServer, RouteContext } from './route-context.ts';
import { unansweredOn } from './unanswered.ts';

/** Said of everything that is asked of a server that closes. */
export const stopping = refuse('not_ready', 'The control plane is stopping');
const noHost = refuse('bad_request', 'The request has no Host header, which HTTP/1.1 asks for');
const givenTwice = (name: string): Refusal =>
  refuse('bad_request', `The request has the header ${name} more than once`);
const tooManyAtOnce = refuse(
  'rate_limited',
  `More than ${pipelinedMax} requests of this connection wait for their answers`,
);

const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/openapi.json', '/docs']);

/** Whether we still serve, authentication, roles, rate; then the count of what was answered. */
export function addAdmission(app: ApiServer, ctx: RouteContext, requests: RequestMeter): void {
  const { plane, deps, config, envelopes } = ctx;
  const limit = createRateLimit(config.rate);
  app.decorateRequest('principal', null);
  app.addHook('onRequest', (request, reply, done) => {
    const unanswered = unansweredOn(request.raw.socket).add(reply.raw);
    if (request.headers.host === undefined && request.raw.httpVersion !== '1.0') {
      return void envelopes.refusal(reply, noHost);
    }
    const repeated = repeatedHeader(request.raw);
    if (repeated !== null) return void envelopes.refusal(reply, givenTwice(repeated));
    const route = request.routeOptions.url;
    if (route !== undefined && openPaths.has(route)) return done();
    if (ctx.closing.aborted) return void envelopes.refusal(reply, stopping);
    if (unanswered.size > pipelinedMax) return void envelopes.refusal(reply, tooManyAtOnce);
    // A console session is let in by its own token.
    if (route !== undefined && isConsoleUpgrade(request, route)) return done();
    const refusal =
      letIn(request, plane, (principal) => limit.take(principal, deps.clock.now())) ?? misplacedHeader(request);
    if (refusal === null) return done();
    envelopes.refusal(reply, refusal);
  });
  app.addHook('onResponse', (request, reply, done) => {
    unansweredOn(request.raw.socket).delete(reply.raw);
    requests.count(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime);
    done();
  });
}

function isConsoleUpgrade(request: FastifyRequest, route: string): boolean {
  return request.method === 'GET' && route === '/v1/vms/:name/console';
}

function isLookAtConsole({ routeOptions, query }: FastifyRequest): boolean {
  return (
    routeOptions.url === '/v1/vms/:name/console' && (query as { readonly read_only?: unknown }).read_only === 'true'
  );
}

const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i;

/** Null = let in; the principal is then known to the request. */
function letIn(request: FastifyRequest, plane: ControlPlane, mayPass: (principal: string) => boolean): Refusal | null {
  const token = bearer.exec(request.headers.authorization ?? '')?.[1];
  const principal = token === undefined ? undefined : plane.tokens.verify(secretOf(token));
  if (principal === undefined) {
    return refuse(
      'unauthorized',
      token === undefined ? 'The request carries no bearer token' : 'The token is not known',
    );
  }
  if (!mayPass(principal.principal)) return refuse('rate_limited', `Too many requests of ${principal.principal}`);
  request.principal = principal;
  if (request.method === 'GET' || mayEdit(principal)) return null;
  // A plan changes nothing, and a console that is only looked at neither.
  if (request.routeOptions.url?.endsWith('/plan') === true || isLookAtConsole(request)) return null;
  return refuse('forbidden', `Role ${principal.role} of ${principal.principal} may read but not change anything`);
}
