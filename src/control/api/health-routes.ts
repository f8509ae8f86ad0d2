/** /healthz, /readyz, /metrics and the documentation; none of them says anything about an instance. */
import { Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import { anyObjectSchema, healthSchema, readinessSchema } from '../../wire/http/answers.ts';
import { noQuery } from '../../wire/http/queries.ts';
import { stopping } from './admission.ts';
import { addClusterMetrics } from './cluster-metrics.ts';
import { type Answer, describeRoute, json, type RouteDocs } from './describe-route.ts';
import { docsPage } from './docs-page.ts';
import type { OpenStreams } from './open-streams.ts';
import { type ApiServer, type RouteContext, sendJson } from './route-context.ts';
import { routeErrors } from './route-errors.ts';

/** Everything that `/metrics` tells; whoever makes the registry may add more. */
export function addMetrics(ctx: RouteContext, streams: OpenStreams, registry: Registry): void {
  addClusterMetrics(ctx, registry);
  new Gauge({
    name: 'holdfast_watchers',
    help: 'Open watches.',
    registers: [registry],
    collect() {
      this.set(streams.count());
    },
  });
}

export function addHealthRoutes(app: ApiServer, ctx: RouteContext, registry: Registry): void {
  const open = (summary: string, answer: Answer, errors: RouteDocs['errors'] = routeErrors.open) => ({
    ...describeRoute({ tag: 'health', summary, query: noQuery, answers: { 200: answer }, errors, isOpen: true }),
    // Monitors and load balancers look with HEAD.
    exposeHeadRoute: true,
  });
  app.get(
    '/healthz',
    open('Whether the process lives', json('It does.', healthSchema)),
    (_request, reply) => sendJson(reply, 200, { status: 'ok' }) as never,
  );
  const ready = json('It is.', readinessSchema);
  app.get('/readyz', open('Whether requests are served', ready, routeErrors.readiness), (_request, reply) => {
    if (!ctx.closing.aborted)
      return sendJson(reply, 200, { status: 'ready', cluster_id: ctx.plane.clusterId }) as never;
    return ctx.envelopes.refusal(reply, stopping) as never;
  });
  const metrics = describeRoute({
    tag: 'health',
    summary: 'Metrics for Prometheus',
    query: noQuery,
    answers: { 200: { text: 'In its text format.', content: { 'text/plain': z.string() } } },
    errors: routeErrors.read,
  });
  app.get('/metrics', metrics, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics()) as never;
  });
  const openapi = open('This document', json('OpenAPI 3.1.', anyObjectSchema));
  app.get('/openapi.json', openapi, (_request, reply) => sendJson(reply, 200, app.swagger() as never) as never);
  const page = open('The same as a page', { text: 'HTML.', content: { 'text/html': z.string() } });
  app.get('/docs', page, (_request, reply) => reply.type('text/html; charset=utf-8').send(docsPage) as never);
}
