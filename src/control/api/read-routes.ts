/** Tasks, events, nodes, status, history, explain, tokens. */
import type { z } from 'zod';
import { renderExplanation } from '../../core/convergence/explain.ts';
import {
  anyObjectSchema,
  eventPageSchema,
  nodePageSchema,
  nodeSchema,
  taskPageSchema,
  taskSchema,
  tokenSchema,
} from '../../wire/http/answers.ts';
import {
  eventListQuery,
  historyQuery,
  noQuery,
  pageSizeDefault,
  taskListQuery,
  tokenBody,
  waitQuery,
} from '../../wire/http/queries.ts';
import { findVmOrGone } from '../operations/context.ts';
import {
  clusterStatus,
  getNode,
  historyOf,
  listEvents,
  listNodes,
  renderEvent,
} from '../operations/read-operations.ts';
import { cancelVmTask, getTask, listTasks } from '../operations/tasks.ts';
import { isRefused } from '../refusal.ts';
import { renderTask } from '../render-task.ts';
import type { EventStream } from './event-stream.ts';
import { parseBody } from './parse-request.ts';
import { refuseBody } from './refuse-body.ts';
import { type ApiServer, callerOf, type RouteContext, sendJson, sendReplay, waitForTask } from './route-context.ts';
import { lastEventIdOf } from './vm-routes.ts';

type NoQuery = z.output<typeof noQuery>;

export function addTaskRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.get<{ Params: { id: string }; Querystring: z.output<typeof waitQuery> }>(
    '/v1/tasks/:id',
    {
      schema: {
        tags: ['tasks'],
        summary: 'Get a task, waiting for its end if asked',
        querystring: waitQuery,
        response: { 200: taskSchema },
      },
    },
    async (request, reply) => {
      const { wait } = request.query;
      const { id } = request.params;
      const task = wait === undefined || wait === 0 ? getTask(plane.ctx, id) : await waitForTask(ctx, id, wait);
      return isRefused(task) ? envelopes.refusal(reply, task) : sendJson(reply, 200, renderTask(task));
    },
  );

  app.get<{ Querystring: z.output<typeof taskListQuery> }>(
    '/v1/tasks',
    {
      schema: { tags: ['tasks'], summary: 'List tasks', querystring: taskListQuery, response: { 200: taskPageSchema } },
    },
    (request, reply) => {
      const { limit, cursor, status, vm } = request.query;
      const page = listTasks(plane.ctx, {
        filter: { status, vm },
        limit: limit ?? pageSizeDefault,
        cursor: cursor ?? null,
      });
      if (isRefused(page)) return envelopes.refusal(reply, page);
      const { store } = plane.ctx;
      const items = page.tasks.map(renderTask);
      return sendJson(reply, 200, { items, next_cursor: page.cursor, revision: store.revision(), epoch: store.epoch });
    },
  );

  app.post<{ Params: { id: string } }>(
    '/v1/tasks/:id/cancel',
    {
      schema: { tags: ['tasks'], summary: 'Cancel copying work', querystring: noQuery, response: { 200: taskSchema } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      if (isRefused(caller)) return envelopes.refusal(reply, caller);
      const unwanted = refuseBody(request);
      if (unwanted !== null) return envelopes.refusal(reply, unwanted);
      const outcome = await cancelVmTask(plane.ctx, caller, request.params.id);
      if (isRefused(outcome)) return envelopes.refusal(reply, outcome);
      if (outcome.kind === 'replayed') return sendReplay(reply, outcome.stored, outcome.revision);
      return sendJson(reply, 200, renderTask(outcome.result));
    },
  );
}

export function addEventRoutes(app: ApiServer, ctx: RouteContext, events: EventStream): void {
  const { plane, envelopes } = ctx;

  app.get<{ Querystring: z.output<typeof eventListQuery> }>(
    '/v1/events',
    {
      schema: {
        tags: ['events'],
        summary: 'List or watch events',
        querystring: eventListQuery,
        response: { 200: eventPageSchema },
      },
    },
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
    { schema: { tags: ['nodes'], summary: 'List nodes', querystring: noQuery, response: { 200: nodePageSchema } } },
    (_request, reply) => {
      const { store } = plane.ctx;
      const items = listNodes(plane.ctx);
      return sendJson(reply, 200, { items, next_cursor: null, revision: store.revision(), epoch: store.epoch });
    },
  );

  app.get<{ Params: { name: string } }>(
    '/v1/nodes/:name',
    { schema: { tags: ['nodes'], summary: 'Get a node', querystring: noQuery, response: { 200: nodeSchema } } },
    (request, reply) => {
      const node = getNode(plane.ctx, request.params.name);
      return isRefused(node) ? envelopes.refusal(reply, node) : sendJson(reply, 200, node);
    },
  );

  app.get<{ Querystring: NoQuery }>(
    '/v1/status',
    {
      schema: {
        tags: ['cluster'],
        summary: 'State of the whole',
        querystring: noQuery,
        response: { 200: anyObjectSchema },
      },
    },
    (_request, reply) => sendJson(reply, 200, clusterStatus(plane.ctx, plane.clusterId)),
  );
}

export function addDiagnosisRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.get<{ Params: { name: string } }>(
    '/v1/vms/:name/explain',
    {
      schema: {
        tags: ['vms'],
        summary: 'Why a VM is as it is',
        querystring: noQuery,
        response: { 200: anyObjectSchema },
      },
    },
    (request, reply) => {
      const vm = findVmOrGone(plane.model, request.params.name);
      return isRefused(vm) ? envelopes.refusal(reply, vm) : sendJson(reply, 200, renderExplanation(vm.reading));
    },
  );

  app.get<{ Params: { name: string }; Querystring: z.output<typeof historyQuery> }>(
    '/v1/vms/:name/history',
    {
      schema: {
        tags: ['vms'],
        summary: 'Failures and events of a VM',
        querystring: historyQuery,
        response: { 200: anyObjectSchema },
      },
    },
    (request, reply) => {
      const vm = findVmOrGone(plane.model, request.params.name);
      if (isRefused(vm)) return envelopes.refusal(reply, vm);
      return sendJson(reply, 200, historyOf(plane.ctx, vm, request.query.limit ?? pageSizeDefault));
    },
  );

  app.post<{ Querystring: NoQuery }>(
    '/v1/tokens',
    {
      schema: {
        tags: ['tokens'],
        summary: 'Make an access token',
        querystring: noQuery,
        body: tokenBody,
        response: { 201: tokenSchema },
      },
    },
    async (request, reply) => {
      const body = parseBody(tokenBody, request);
      if (isRefused(body)) return envelopes.refusal(reply, body);
      const principal = `user:${body.value.name}`;
      const token = await plane.tokens.create(principal, body.value.role);
      return sendJson(reply, 201, { token, principal, role: body.value.role });
    },
  );
}
