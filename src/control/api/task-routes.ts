/** /v1/tasks: what became of asynchronous operations, waiting for their end, cancelling. */
import type { z } from 'zod';
import { taskPageSchema, taskSchema } from '../../wire/http/answers.ts';
import { noQuery, pageSizeDefault, taskListQuery, waitQuery } from '../../wire/http/queries.ts';
import { cancelVmTask, getTask, listTasks } from '../operations/tasks.ts';
import { isRefused } from '../refusal.ts';
import { renderTask } from '../render-task.ts';
import { describeRoute, json } from './describe-route.ts';
import { refuseBody } from './refuse-body.ts';
import { type ApiServer, callerOf, type RouteContext, sendJson, sendReplay, waitForTask } from './route-context.ts';
import { routeErrors } from './route-errors.ts';

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
      const task = wait === undefined || wait === 0 ? getTask(plane.ctx, id) : await waitForTask(ctx, reply, id, wait);
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
