/**
 * The REST API: an HTTP server over the operations of the control plane. Routes only translate; what a request means is
 * decided in `operations/`, and every error leaves by the one envelope.
 */
import type { IncomingMessage } from 'node:http';
import fastifySwagger from '@fastify/swagger';
import fastifyWebsocket from '@fastify/websocket';
import Fastify from 'fastify';
import { jsonSchemaTransformObject, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { Registry } from 'prom-client';
import type { ControlDeps } from '../control-config.ts';
import type { ControlPlane } from '../control-plane.ts';
import { refuse } from '../refusal.ts';
import { addAdmission } from './admission.ts';
import { addTurns, type EndOfTurn, lastAnswers } from './answer-turns.ts';
import {
  type ApiConfig,
  bodyBytesMax,
  consoleFrameBytes,
  defaultApiConfig,
  headerBytesMax,
  keepAliveMs,
  lastAnswersMs,
  lateCheckMs,
  requestTimeMs,
} from './api-config.ts';
import { addApplyRoutes } from './apply-routes.ts';
import { addConsoleRoutes } from './console-routes.ts';
import { transformRoute } from './describe-route.ts';
import { createEnvelopes, type Envelopes } from './envelope.ts';
import { createEventStream } from './event-stream.ts';
import { addHealthRoutes, addMetrics } from './health-routes.ts';
import { createOpenStreams } from './open-streams.ts';
import { addDiagnosisRoutes, addEventRoutes, addNodeRoutes } from './read-routes.ts';
import { addParsers, compileValidator, RefusedError } from './request-input.ts';
import { createRequestMeter, type RequestMeter } from './request-metrics.ts';
import type { ApiServer, DescribedRoute, RouteContext } from './route-context.ts';
import { createSocketRefusals, type SocketRefusals } from './socket-refusals.ts';
import { addTaskRoutes } from './task-routes.ts';
import { addVerbRoutes } from './verb-routes.ts';
import { addVmRoutes } from './vm-routes.ts';
import { createVmStream } from './vm-stream.ts';

export interface ApiDeps extends Pick<ControlDeps, 'clock' | 'random' | 'log'> {
  readonly plane: ControlPlane;
  /** Metrics that only the composition root can offer (store, process) are in it already. */
  readonly registry?: Registry;
  /**
   * Routes that only the composition root can offer (backup of the store it opened), under the same hooks as all
   * others.
   */
  readonly addRoutes?: (app: ApiServer) => void;
  readonly endOfTurn: EndOfTurn;
}

/** The server, ready for `listen` or `inject`. Closing it ends streams, waits and consoles. */
export async function createApi(deps: ApiDeps, overrides: Partial<ApiConfig> = {}): Promise<ApiServer> {
  const config: ApiConfig = { ...defaultApiConfig, ...overrides };
  const stopping = new AbortController();
  const envelopes = createEnvelopes(deps);
  const ctx: RouteContext = { plane: deps.plane, deps, config, envelopes, closing: stopping.signal };
  const registry = deps.registry ?? new Registry();
  const requests = createRequestMeter(registry);
  const sockets = createSocketRefusals({ ...deps, requests, closing: stopping.signal });
  const app = newServer({ envelopes, requests, sockets });
  sockets.attach(app.server);
  app.server.maxConnections = config.connectionsMax;
  addErrorHandling(app, ctx);
  addParsers(app);
  app.setValidatorCompiler(({ schema, httpPart }) => compileValidator(schema, httpPart));
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Holdfast', version: config.version, description: 'Declarative virtual machines.' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: transformRoute,
    transformObject: jsonSchemaTransformObject,
  });
  const streams = createOpenStreams(ctx);
  addTurns(app, deps.endOfTurn);
  addMetrics(ctx, streams, registry);
  addAdmission(app, ctx, requests);
  addHealthRoutes(app, ctx, registry);
  addVmRoutes(app, ctx, createVmStream(ctx, streams));
  addVerbRoutes(app, ctx);
  addApplyRoutes(app, ctx);
  addTaskRoutes(app, ctx);
  addEventRoutes(app, ctx, createEventStream(ctx, streams));
  addNodeRoutes(app, ctx);
  addDiagnosisRoutes(app, ctx);
  // Its hooks are for every route of where it is: other requests do without them.
  await app.register(async (consoles) => {
    await consoles.register(fastifyWebsocket, { options: { maxPayload: consoleFrameBytes, perMessageDeflate: false } });
    consoles.websocketServer.on('wsClientError', (error, socket) => {
      sockets.refuse(socket, 'bad_request', `The WebSocket handshake is wrong: ${error.message}`);
    });
    addConsoleRoutes(consoles, ctx);
  });
  deps.addRoutes?.(app);
  const bookmarks = streams.run();
  app.addHook('preClose', async () => {
    stopping.abort(new Error('the server closes'));
    await bookmarks;
    const done = new AbortController();
    await lastAnswers(deps.plane.ctx.store, deps.endOfTurn, deps.clock.timeout(lastAnswersMs, done.signal));
    done.abort();
  });
  await app.ready();
  return app;
}

interface ServerParts {
  readonly envelopes: Envelopes;
  readonly requests: RequestMeter;
  readonly sockets: SocketRefusals;
}

function newServer({ envelopes, requests, sockets }: ServerParts): ApiServer {
  return Fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeMs,
    keepAliveTimeout: keepAliveMs,
    forceCloseConnections: true,
    // Admission refuses them in our words.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
    // A page is opened by people: by the address that `up` prints, and with a slash too. All other paths are written by programs.
    rewriteUrl: ({ url = '' }) => (url === '/' || url === '/docs/' ? '/docs' : url),
    // Admission refuses requests without a host, in our words too.
    http: {
      maxHeaderSize: headerBytesMax,
      connectionsCheckingInterval: lateCheckMs,
      requireHostHeader: false,
      shouldUpgradeCallback: asksForConsole,
    },
    // What the router refuses meets no hook and no error handler.
    frameworkErrors: (error, request, reply) => {
      envelopes.error(reply, error);
      requests.count(request.method, 'none', reply.statusCode, reply.elapsedTime);
    },
    clientErrorHandler: sockets.unreadable,
  }).withTypeProvider<ZodTypeProvider>() as unknown as ApiServer;
}

const consolePath = /^\/v1\/vms\/[^/?]+\/console(\?|$)/;

/** Whoever offers another protocol (HTTP/2), or a WebSocket where there is none, gets the answer in HTTP/1.1. */
function asksForConsole({ headers, method, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && consolePath.test(url);
}

function addErrorHandling(app: ApiServer, { envelopes }: RouteContext): void {
  const allowed = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  const described: DescribedRoute[] = [];
  app.decorate('described', described);
  app.addHook('onRoute', ({ url, method, config }) => {
    const pattern = patternOf(url);
    // A GET without its body is described with it.
    if (method !== 'HEAD') described.push({ method: [method].flat().join(), url, pattern, docs: config?.docs ?? null });
    const known = allowed.get(url) ?? {
      pattern,
      methods: new Set<string>(),
    };
    for (const word of [method].flat()) known.methods.add(word);
    allowed.set(url, known);
  });
  app.setErrorHandler((error: unknown, _request, reply) => {
    if (error instanceof RefusedError) return envelopes.refusal(reply, error.refusal);
    return envelopes.error(reply, error);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? request.url;
    const shown = path.slice(0, 200);
    for (const { pattern, methods } of allowed.values()) {
      if (!pattern.test(path)) continue;
      reply.header('allow', [...methods].join(', '));
      return envelopes.refusal(reply, refuse('method_not_allowed', `${request.method} is not possible on ${shown}`));
    }
    return envelopes.refusal(reply, refuse('not_found', `There is no resource at ${shown}`));
  });
}

const patternOf = (url: string): RegExp => new RegExp(`^${url.replace(/:[a-z]+/g, '[^/]+')}$`);
