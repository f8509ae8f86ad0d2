/** /healthz, /readyz, /metrics and the documentation; none of them says anything about an instance. */
import { Counter, Gauge, Registry } from 'prom-client';
import { z } from 'zod';
import { convergencePercent } from '../../core/convergence/drift.ts';
import { anyObjectSchema, healthSchema, readinessSchema } from '../../wire/http/answers.ts';
import { noQuery } from '../../wire/http/queries.ts';
import { type NodeRow, nodePrefix, rowOf, vmPrefix } from '../rows.ts';
import { type Answer, describeRoute, json, type RouteDocs } from './describe-route.ts';
import { docsPage } from './docs-page.ts';
import { type ApiServer, type RouteContext, sendJson } from './route-context.ts';
import { routeErrors } from './route-errors.ts';
import type { VmStream } from './vm-stream.ts';

/** Counts requests; cheap enough to run for each. */
export interface RequestCounter {
  count(method: string, route: string, status: number): void;
}

export function createMetrics(
  ctx: RouteContext,
  streams: VmStream,
): { readonly registry: Registry; readonly requests: RequestCounter } {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'holdfast_http_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const counted = new Map<string, Counter.Internal>();
  addGauges(ctx, streams, registers);
  return {
    registry,
    requests: {
      count(method, route, status) {
        const key = `${method} ${route} ${status}`;
        let child = counted.get(key);
        if (child === undefined) {
          child = requests.labels(method, route, String(status));
          counted.set(key, child);
        }
        child.inc();
      },
    },
  };
}

/** What is counted when it is asked for. */
function addGauges({ plane }: RouteContext, streams: VmStream, registers: Registry[]): void {
  new Gauge({
    name: 'holdfast_vms',
    help: 'VMs by phase.',
    labelNames: ['phase'],
    registers,
    collect() {
      this.reset();
      for (const entry of plane.ctx.store.list(vmPrefix)) {
        const vm = plane.model.get(entry.key.slice(vmPrefix.length));
        if (vm !== undefined) this.inc({ phase: vm.phase });
      }
    },
  });
  new Gauge({
    name: 'holdfast_convergence_percent',
    help: 'Share of instances that are in sync, rounded down.',
    registers,
    collect() {
      const vms = plane.ctx.store.list(vmPrefix).map(({ key }) => plane.model.get(key.slice(vmPrefix.length)));
      this.set(convergencePercent(vms.filter((vm) => vm?.inSync === true).length, vms.length));
    },
  });
  new Gauge({
    name: 'holdfast_nodes',
    help: 'Nodes by health.',
    labelNames: ['health'],
    registers,
    collect() {
      this.reset();
      for (const entry of plane.ctx.store.list(nodePrefix)) this.inc({ health: rowOf<NodeRow>(entry).value.health });
    },
  });
  new Gauge({
    name: 'holdfast_watchers',
    help: 'Open watches.',
    registers,
    collect() {
      this.set(streams.count());
    },
  });
  new Gauge({
    name: 'holdfast_store_revision',
    help: 'Newest committed revision of the store.',
    registers,
    collect() {
      this.set(plane.ctx.store.revision());
    },
  });
}

export function addHealthRoutes(app: ApiServer, ctx: RouteContext, registry: Registry): void {
  const open = (summary: string, answer: Answer, errors: RouteDocs['errors'] = routeErrors.open) =>
    describeRoute({ tag: 'health', summary, query: noQuery, answers: { 200: answer }, errors, isOpen: true });
  app.get(
    '/healthz',
    open('Whether the process lives', json('It does.', healthSchema)),
    (_request, reply) => sendJson(reply, 200, { status: 'ok' }) as never,
  );
  const ready = json('It is.', readinessSchema);
  app.get('/readyz', open('Whether requests are served', ready, routeErrors.readiness), (_request, reply) => {
    if (!ctx.closing.aborted)
      return sendJson(reply, 200, { status: 'ready', cluster_id: ctx.plane.clusterId }) as never;
    const refusal = {
      refused: true,
      code: 'not_ready',
      message: 'The control plane is stopping',
      details: {},
    } as const;
    return ctx.envelopes.refusal(reply, refusal) as never;
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
