/** Events, nodes, status, history, explain, tokens. */
import { z } from 'zod';
import { renderExplanation } from '../../core/convergence/explain.ts';
import {
  clusterStatusSchema,
  eventPageSchema,
  explanationSchema,
  historySchema,
  nodePageSchema,
  nodeSchema,
  tokenSchema,
} from '../../wire/http/answers.ts';
import { eventListQuery, historyQuery, noQuery, pageSizeDefault, tokenBody } from '../../wire/http/queries.ts';
import { findVmOrGone } from '../operations/context.ts';
import {
  clusterStatus,
  getNode,
  historyOf,
  listEvents,
  listNodes,
  renderEvent,
} from '../operations/read-operations.ts';
import { isRefused } from '../refusal.ts';
import { describeRoute, json, vmName } from './describe-route.ts';
import type { EventStream } from './event-stream.ts';
import { parseBody } from './parse-request.ts';
import { type ApiServer, type RouteContext, sendJson } from './route-context.ts';
import { routeErrors } from './route-errors.ts';
import { lastEventIdOf } from './vm-list-route.ts';

type NoQuery = z.output<typeof noQuery>;

export function addEventRoutes(app: ApiServer, ctx: RouteContext, events: EventStream): void {
  const { plane, envelopes } = ctx;

  app.get<{ Querystring: z.output<typeof eventListQuery> }>(
    '/v1/events',
    describeRoute({
      tag: 'events',
      summary: 'List or watch events',
      query: eventListQuery,
      headers: ['Last-Event-ID'],
      answers: {
        200: {
          text: 'A page, oldest first; with `watch` a stream of `added` and `bookmark`, its ids revisions.',
          content: { 'application/json': eventPageSchema, 'text/event-stream': z.string() },
        },
      },
      errors: routeErrors.watch,
    }),
    (request, reply) => {
      const { limit, cursor, vm, node, code, watch, revision, epoch } = request.query;
      const filter = { vm, node, code };
      if (watch === true) {
        const resume = { lastEventId: lastEventIdOf(request), revision: revision ?? null, epoch: epoch ?? null };
        return events.open(reply, filter, resume);
      }
      const page = listEvents(plane.ctx, { filter, limit: limit ?? pageSizeDefault, cursor: cursor ?? null });
      if (isRefused(page)) return envelopes.refusal(reply, page);
      const items = page.events.map(renderEvent);
      const { epoch: storeEpoch } = plane.ctx.store;
      return sendJson(reply, 200, { items, next_cursor: page.cursor, revision: page.revision, epoch: storeEpoch });
    },
  );
}

export function addNodeRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.get<{ Querystring: NoQuery }>(
    '/v1/nodes',
    describeRoute({
      tag: 'nodes',
      summary: 'List nodes',
      query: noQuery,
      answers: { 200: json('All of them.', nodePageSchema) },
      errors: routeErrors.read,
    }),
    (_request, reply) => {
      const { store } = plane.ctx;
      const items = listNodes(plane.ctx);
      return sendJson(reply, 200, { items, next_cursor: null, revision: store.revision(), epoch: store.epoch });
    },
  );

  app.get<{ Params: { name: string } }>(
    '/v1/nodes/:name',
    describeRoute({
      tag: 'nodes',
      summary: 'Get a node',
      query: noQuery,
      path: { name: 'Name of the node.' },
      answers: { 200: json('The node.', nodeSchema) },
      errors: routeErrors.readOne,
    }),
    (request, reply) => {
      const node = getNode(plane.ctx, request.params.name);
      return isRefused(node) ? envelopes.refusal(reply, node) : sendJson(reply, 200, node);
    },
  );

  app.get<{ Querystring: NoQuery }>(
    '/v1/status',
    describeRoute({
      tag: 'cluster',
      summary: 'State of the whole',
      query: noQuery,
      answers: { 200: json('Convergence, counts, nodes, and what is not in sync.', clusterStatusSchema) },
      errors: routeErrors.read,
    }),
    (_request, reply) => sendJson(reply, 200, clusterStatus(plane.ctx, plane.clusterId)),
  );
}

export function addDiagnosisRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.get<{ Params: { name: string } }>(
    '/v1/vms/:name/explain',
    describeRoute({
      tag: 'vms',
      summary: 'Why a VM is as it is',
      query: noQuery,
      path: vmName,
      answers: { 200: json('The explanation.', explanationSchema) },
      errors: routeErrors.readOne,
    }),
    (request, reply) => {
      const vm = findVmOrGone(plane.model, request.params.name);
      return isRefused(vm) ? envelopes.refusal(reply, vm) : sendJson(reply, 200, renderExplanation(vm.reading));
    },
  );

  app.get<{ Params: { name: string }; Querystring: z.output<typeof historyQuery> }>(
    '/v1/vms/:name/history',
    describeRoute({
      tag: 'vms',
      summary: 'Failures and events of a VM',
      query: historyQuery,
      path: vmName,
      answers: { 200: json('The last of both.', historySchema) },
      errors: routeErrors.readOne,
    }),
    (request, reply) => {
      const vm = findVmOrGone(plane.model, request.params.name);
      if (isRefused(vm)) return envelopes.refusal(reply, vm);
      return sendJson(reply, 200, historyOf(plane.ctx, vm, request.query.limit ?? pageSizeDefault));
    },
  );

  app.post<{ Querystring: NoQuery }>(
    '/v1/tokens',
    describeRoute({
      tag: 'tokens',
      summary: 'Make an access token',
      query: noQuery,
      body: tokenBody,
      answers: { 201: json('The token; its text is never shown again.', tokenSchema) },
      errors: routeErrors.createToken,
    }),
    async (request, reply) => {
      const body = parseBody(tokenBody, request);
      if (isRefused(body)) return envelopes.refusal(reply, body);
      const principal = `user:${body.value.name}`;
      const token = await plane.tokens.create(principal, body.value.role);
      return sendJson(reply, 201, { token: token.reveal(), principal, role: body.value.role });
    },
  );
}
