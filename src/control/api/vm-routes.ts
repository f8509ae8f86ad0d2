/** /v1/vms: create, get, list, watch, patch, delete. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { vmSchema } from '../../wire/http/answers.ts';
import { deleteQuery, noQuery, patchQuery, waitQuery } from '../../wire/http/queries.ts';
import { vmCreateSchema, vmPatchSchema } from '../../wire/manifest/vm-schema.ts';
import type { CachedVm } from '../cached-vm.ts';
import { findVmOrGone } from '../operations/context.ts';
import { createVm } from '../operations/create-vm.ts';
import { deleteVm } from '../operations/delete-vm.ts';
import { patchVm } from '../operations/patch-vm.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { describeRoute, taskAnswer, vmAnswer, vmName } from './describe-route.ts';
import { sendManifest } from './manifest-view.ts';
import { ifMatchOf, ifNoneMatchOf, jsonBody } from './parse-request.ts';
import { prefersYaml } from './prefers-yaml.ts';
import { refuseBody } from './refuse-body.ts';
import {
  type ApiServer,
  callerOf,
  type RouteContext,
  seesSecrets,
  sendReplay,
  sendTask,
  sendText,
  sendVm,
} from './route-context.ts';
import { routeErrors } from './route-errors.ts';
import { addVmListRoute } from './vm-list-route.ts';
import type { VmStream } from './vm-stream.ts';

interface NameParams {
  readonly name: string;
}

export function addVmRoutes(app: ApiServer, ctx: RouteContext, stream: VmStream): void {
  const { plane, envelopes } = ctx;

  app.get<{ Params: NameParams }>(
    '/v1/vms/:name',
    describeRoute({
      tag: 'vms',
      summary: 'Get a VM',
      query: noQuery,
      path: vmName,
      headers: ['Accept'],
      answers: {
        200: {
          text: 'The VM, or its manifest; by uid also for the retention time after its end.',
          content: { 'application/json': vmSchema, 'application/yaml': z.string() },
          headers: ['ETag'],
        },
      },
      errors: routeErrors.readOne,
    }),
    (request, reply) => {
      const { name } = request.params;
      const vm: CachedVm | Refusal = plane.model.get(name) ?? findVmOrGone(plane.model, name);
      if (isRefused(vm)) return envelopes.refusal(reply, vm);
      reply.header('etag', `"${vm.revision}"`);
      if (prefersYaml(request.headers.accept)) return sendManifest(reply, vm, seesSecrets(request));
      return sendText(reply, 200, vm.body(seesSecrets(request)));
    },
  );

  addVmListRoute(app, ctx, stream);
  addVmWrites(app, ctx);
}

function addVmWrites(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.post<{ Querystring: z.output<typeof waitQuery> }>(
    '/v1/vms',
    describeRoute({
      tag: 'vms',
      summary: 'Create a VM',
      query: waitQuery,
      headers: ['Idempotency-Key', 'If-None-Match'],
      body: vmCreateSchema,
      answers: { 202: taskAnswer },
      errors: routeErrors.createVm,
    }),
    async (request, reply) => {
      const caller = callerOf(request);
      if (isRefused(caller)) return envelopes.refusal(reply, caller);
      const precondition = ifNoneMatchOf(request);
      if (isRefused(precondition)) return envelopes.refusal(reply, precondition);
      const body = jsonBody(request);
      if (isRefused(body)) return envelopes.refusal(reply, body);
      return await sendTask(
        ctx,
        reply,
        await createVm(plane.ctx, caller, body.value, precondition),
        request.query.wait,
      );
    },
  );

  app.patch<{ Params: NameParams; Querystring: z.output<typeof patchQuery> }>(
    '/v1/vms/:name',
    describeRoute({
      tag: 'vms',
      summary: 'Change a VM (RFC 7396)',
      query: patchQuery,
      path: vmName,
      headers: ['Idempotency-Key', 'If-Match'],
      body: vmPatchSchema,
      bodyTypes: ['application/merge-patch+json', 'application/json'],
      answers: { 200: vmAnswer },
      errors: routeErrors.changeVm,
    }),
    (request, reply) => patch(ctx, request, reply),
  );

  app.delete<{ Params: NameParams; Querystring: z.output<typeof deleteQuery> }>(
    '/v1/vms/:name',
    describeRoute({
      tag: 'vms',
      summary: 'Delete a VM',
      query: deleteQuery,
      path: vmName,
      headers: ['Idempotency-Key', 'If-Match'],
      answers: { 202: taskAnswer },
      errors: routeErrors.deleteVm,
    }),
    async (request, reply) => {
      const caller = callerOf(request);
      if (isRefused(caller)) return envelopes.refusal(reply, caller);
      const precondition = ifMatchOf(request);
      if (isRefused(precondition)) return envelopes.refusal(reply, precondition);
      const unwanted = refuseBody(request);
      if (unwanted !== null) return envelopes.refusal(reply, unwanted);
      const { graceful, forget, wait } = request.query;
      const options = { ...precondition, graceful: graceful === true, forget: forget === true };
      return await sendTask(ctx, reply, await deleteVm(plane.ctx, caller, request.params.name, options), wait);
    },
  );
}

async function patch(
  ctx: RouteContext,
  request: FastifyRequest<{ Params: NameParams; Querystring: z.output<typeof patchQuery> }>,
  reply: FastifyReply,
): Promise<void> {
  const { plane, envelopes } = ctx;
  const caller = callerOf(request);
  if (isRefused(caller)) return void envelopes.refusal(reply, caller);
  const precondition = ifMatchOf(request);
  if (isRefused(precondition)) return void envelopes.refusal(reply, precondition);
  const body = jsonBody(request);
  if (isRefused(body)) return void envelopes.refusal(reply, body);
  const { on_restart: onRestart, allow_replace: allowReplace } = request.query;
  const options = { ...precondition, onRestart: onRestart ?? 'refuse', allowReplace: allowReplace === true };
  const outcome = await patchVm(plane.ctx, caller, request.params.name, { body: body.value, options });
  if (isRefused(outcome)) return void envelopes.refusal(reply, outcome);
  if (outcome.kind === 'replayed') return void sendReplay(reply, outcome.stored, outcome.revision);
  sendVm(ctx, request, reply, outcome.result);
}
