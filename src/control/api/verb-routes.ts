/** POST /v1/vms/NAME/VERB (spec §4, §11). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { noQuery, resizeQuery, waitQuery } from '../../wire/http/queries.ts';
import { vmPatchSchema } from '../../wire/manifest/vm-schema.ts';
import type { Caller, Mutated } from '../mutate.ts';
import type { Precondition } from '../operations/context.ts';
import { resizeVm } from '../operations/patch-vm.ts';
import { pauseVm, resetVm } from '../operations/sync-verb-vm.ts';
import { verbVm } from '../operations/verb-vm.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { describeRoute, taskAnswer, vmAnswer, vmName } from './describe-route.ts';
import { ifMatchOf, jsonBody } from './parse-request.ts';
import { refuseBody } from './refuse-body.ts';
import { type ApiServer, callerOf, type RouteContext, sendTask, sendVm } from './route-context.ts';
import { routeErrors } from './route-errors.ts';

interface NameParams {
  readonly name: string;
}

/** Caller and conditions of a verb without a body. */
function verbRequest(
  request: FastifyRequest,
  noBody: boolean,
): { readonly caller: Caller; readonly precondition: Precondition } | Refusal {
  const caller = callerOf(request);
  if (isRefused(caller)) return caller;
  const precondition = ifMatchOf(request);
  if (isRefused(precondition)) return precondition;
  const unwanted = noBody ? refuseBody(request) : null;
  return unwanted ?? { caller, precondition };
}

export function addVerbRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  for (const verb of ['start', 'stop', 'poweroff', 'reboot'] as const) {
    app.post<{ Params: NameParams; Querystring: z.output<typeof waitQuery> }>(
      `/v1/vms/:name/${verb}`,
      describeRoute({
        tag: 'verbs',
        summary: `${verb} a VM`,
        query: waitQuery,
        path: vmName,
        headers: ['Idempotency-Key', 'If-Match'],
        answers: { 202: taskAnswer },
        errors: routeErrors.verb,
      }),
      async (request, reply) => {
        const asked = verbRequest(request, true);
        if (isRefused(asked)) return envelopes.refusal(reply, asked);
        const { caller, precondition } = asked;
        const outcome = await verbVm(plane.ctx, caller, request.params.name, { verb, precondition });
        return await sendTask(ctx, reply, outcome, request.query.wait);
      },
    );
  }

  for (const verb of ['pause', 'resume', 'reset'] as const) {
    app.post<{ Params: NameParams }>(
      `/v1/vms/:name/${verb}`,
      describeRoute({
        tag: 'verbs',
        summary: `${verb} a VM, at once`,
        query: noQuery,
        path: vmName,
        headers: ['Idempotency-Key', 'If-Match'],
        answers: { 200: vmAnswer },
        errors: routeErrors.callVerb,
      }),
      async (request, reply) => {
        const asked = verbRequest(request, true);
        if (isRefused(asked)) return envelopes.refusal(reply, asked);
        const { caller, precondition } = asked;
        const { name } = request.params;
        const outcome =
          verb === 'reset'
            ? await resetVm(plane.sync, caller, name, precondition)
            : await pauseVm(plane.sync, caller, name, { verb, precondition });
        return sendSynchronous(ctx, request, reply, outcome);
      },
    );
  }

  addResizeRoute(app, ctx);
}

function addResizeRoute(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.post<{ Params: NameParams; Querystring: z.output<typeof resizeQuery> }>(
    '/v1/vms/:name/resize',
    describeRoute({
      tag: 'verbs',
      summary: 'Change sizes of a VM',
      query: resizeQuery,
      path: vmName,
      headers: ['Idempotency-Key', 'If-Match'],
      body: vmPatchSchema,
      bodyTypes: ['application/merge-patch+json', 'application/json'],
      answers: { 202: taskAnswer },
      errors: routeErrors.changeVm,
    }),
    async (request, reply) => {
      const asked = verbRequest(request, false);
      if (isRefused(asked)) return envelopes.refusal(reply, asked);
      const body = jsonBody(request);
      if (isRefused(body)) return envelopes.refusal(reply, body);
      const { on_restart: onRestart, allow_replace: allowReplace, wait } = request.query;
      const options = {
        ...asked.precondition,
        onRestart: onRestart ?? 'refuse',
        allowReplace: allowReplace === true,
      } as const;
      const outcome = await resizeVm(plane.ctx, asked.caller, request.params.name, { body: body.value, options });
      return await sendTask(ctx, reply, outcome, wait);
    },
  );
}

/** The document after the call; a repetition is shown the VM as it is now and touches nothing. */
function sendSynchronous(
  ctx: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Mutated<string> | Refusal,
): FastifyReply {
  if (isRefused(outcome)) return ctx.envelopes.refusal(reply, outcome);
  if (outcome.kind === 'done') return sendVm(ctx, request, reply, outcome.result);
  reply.header('idempotent-replay', 'true');
  return sendVm(ctx, request, reply, (outcome.stored.body as { readonly name: string }).name);
}
