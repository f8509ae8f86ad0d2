/** Tasks, events, nodes, status, history, explain, tokens. */
import { z } from 'zod';
import { renderExplanation } from '../../core/convergence/explain.ts';
import {
  clusterStatusSchema,
  eventPageSchema,
  explanationSchema,
  historySchema,
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
import { describeRoute, json, vmName } from './describe-route.ts';
import type { EventStream } from './event-stream.ts';
import { parseBody } from './parse-request.ts';
import { refuseBody } from './refuse-body.ts';
import { type ApiServer, callerOf, type RouteContext, sendJson, sendReplay, waitForTask } from './route-context.ts';
import { routeErrors } from './route-errors.ts';
import { lastEventIdOf } from './vm-routes.ts';

type NoQuery = z.output<typeof noQuery>;

const taskId = { id: 'Id of the task.' };

export function addTaskRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.get<{ Params: { id: string }; Querystring: z.output<typeof waitQuery> }>(
    '/v1/tasks/:id',
    describeRoute({
      tag: 'tasks',
      summary: 'Get a task, waiting for its end if asked',
      query: waitQuery,
      path: taskId,
      answers: { 200: json('The task.', taskSchema) },
      errors: routeErrors.readOne,
    }),
    async (request, reply) => {
      const { wait } = request.query;
      const { id } = request.params;
      const task = wait === undefined || wait === 0 ? getTask(plane.ctx, id) : await waitForTask(ctx, id, wait);
      return isRefused(task) ? envelopes.refusal(reply, task) : sendJson(reply, 200, renderTask(task));
    },
  );

  app.get<{ Querystring: z.output<typeof taskListQuery> }>(
    '/v1/tasks',
    describeRoute({
      tag: 'tasks',
      summary: 'List tasks',
      query: taskListQuery,
      answers: { 200: json('A page, oldest first.', taskPageSchema) },
      errors: routeErrors.list,
    }),
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
    describeRoute({
      tag: 'tasks',
      summary: 'Cancel copying work',
      query: noQuery,
      path: taskId,
      headers: ['Idempotency-Key'],
      answers: { 200: json('The cancelled task.', taskSchema, ['Idempotent-Replay']) },
      errors: routeErrors.cancel,
    }),
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
    describeRoute({
      tag: 'events',
      summary: 'List or watch events',
      query: eventListQuery,
      headers: ['Last-Event-ID'],
      answers: {
        200: {
          text: 'A page, oldest first; with `watch` a stream of `added`, its ids revisions.',
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
