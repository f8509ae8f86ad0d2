/** /v1/vms: create, get, list, watch, patch, delete. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { vmPageSchema, vmSchema } from '../../wire/http/answers.ts';
import { deleteQuery, noQuery, pageSizeDefault, patchQuery, vmListQuery, waitQuery } from '../../wire/http/queries.ts';
import { vmCreateSchema, vmPatchSchema } from '../../wire/manifest/vm-schema.ts';
import type { CachedVm } from '../cached-vm.ts';
import { findVmOrGone } from '../operations/context.ts';
import { createVm } from '../operations/create-vm.ts';
import { deleteVm } from '../operations/delete-vm.ts';
import { parseLabelSelector } from '../operations/label-selector.ts';
import { listVms, type Page, renderPage, type VmFilter } from '../operations/list-vms.ts';
import { patchVm } from '../operations/patch-vm.ts';
import { refuseOffences } from '../operations/refuse-offences.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { describeRoute, taskAnswer, vmAnswer, vmName } from './describe-route.ts';
import { asksForManifest, sendManifest } from './manifest-view.ts';
import { ifMatchOf, ifNoneMatchOf, jsonBody } from './parse-request.ts';
import {
  type ApiServer,
  callerOf,
  type RouteContext,
  seesSecrets,
  sendParts,
  sendReplay,
  sendTask,
  sendText,
  sendVm,
} from './route-context.ts';
import { routeErrors } from './route-errors.ts';
import type { VmStream } from './vm-stream.ts';

interface NameParams {
  readonly name: string;
}

const listDocs = describeRoute({
  tag: 'vms',
  summary: 'List or watch VMs',
  query: vmListQuery,
  headers: ['Last-Event-ID'],
  answers: {
    200: {
      text: 'A page; with `watch` a stream of `added`, `modified`, `deleted` and `bookmark`, its ids revisions.',
      content: { 'application/json': vmPageSchema, 'text/event-stream': z.string() },
    },
  },
  errors: routeErrors.watch,
});

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
      if (asksForManifest(request)) return sendManifest(reply, vm, seesSecrets(request));
      return sendText(reply, 200, vm.body(seesSecrets(request)));
    },
  );

  app.get<{ Querystring: z.output<typeof vmListQuery> }>('/v1/vms', listDocs, (request, reply) => {
    const query = request.query;
    const filter = filterOf(query);
    if (isRefused(filter)) return envelopes.refusal(reply, filter);
    const fields = fieldsOf(query.fields);
    if (fields !== null && isRefused(fields)) return envelopes.refusal(reply, fields);
    if (query.watch === true) {
      const resume = {
        lastEventId: lastEventIdOf(request),
        revision: query.revision ?? null,
        epoch: query.epoch ?? null,
      };
      return stream.open(request, reply, { filter, fields, resume });
    }
    const page = pageOf(ctx, filter, query.limit ?? pageSizeDefault, query.cursor ?? null);
    if (isRefused(page)) return envelopes.refusal(reply, page);
    const secrets = seesSecrets(request);
    const { epoch } = plane.ctx.store;
    return fields === null
      ? sendParts(reply, 200, renderPage(page, epoch, secrets))
      : sendText(reply, 200, renderCut(page, fields, epoch, secrets));
  });
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
    async (request, reply) => await patch(ctx, request, reply),
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
): Promise<FastifyReply> {
  const { plane, envelopes } = ctx;
  const caller = callerOf(request);
  if (isRefused(caller)) return envelopes.refusal(reply, caller);
  const precondition = ifMatchOf(request);
  if (isRefused(precondition)) return envelopes.refusal(reply, precondition);
  const body = jsonBody(request);
  if (isRefused(body)) return envelopes.refusal(reply, body);
  const { on_restart: onRestart, allow_replace: allowReplace } = request.query;
  const options = { ...precondition, onRestart: onRestart ?? 'refuse', allowReplace: allowReplace === true };
  const outcome = await patchVm(plane.ctx, caller, request.params.name, { body: body.value, options });
  if (isRefused(outcome)) return envelopes.refusal(reply, outcome);
  if (outcome.kind === 'replayed') return sendReplay(reply, outcome.stored, outcome.revision);
  return sendVm(ctx, request, reply, outcome.result);
}

/** The filter of a list or watch. */
function filterOf(query: z.output<typeof vmListQuery>): (VmFilter & { readonly name?: string | undefined }) | Refusal {
  const labels = query.label_selector === undefined ? [] : parseLabelSelector(query.label_selector);
  if (isRefused(labels)) return labels;
  return {
    labels,
    name: query.name,
    phase: query.phase,
    node: query.node,
    desiredPhase: query.desired_phase,
    inSync: query.in_sync,
  };
}

function pageOf(ctx: RouteContext, filter: VmFilter, limit: number, cursor: string | null): Page | Refusal {
  return listVms(ctx.plane.ctx, { filter, limit, cursor });
}

/** The top-level fields that are asked for; null = all. A name that no VM has is refused as any unknown field is. */
function fieldsOf(text: string | undefined): readonly string[] | null | Refusal {
  if (text === undefined) return null;
  const fields = text.split(',');
  const known = Object.keys(vmSchema.shape);
  const unknown = fields.filter((field) => !known.includes(field));
  if (unknown.length === 0) return fields;
  const offences = unknown.map((field) => ({
    document: 0,
    path: '?fields',
    code: 'unknown_field' as const,
    message: 'A VM has no field of this name',
    got: field.slice(0, 80),
    expected: known,
  }));
  return refuseOffences(offences, null);
}

/** Documents cut to some top-level fields; the page's frame stays. */
function renderCut(page: Page, fields: readonly string[], epoch: number, secrets: boolean): string {
  const items = page.vms.map((vm) => cutDocument(vm, fields, secrets));
  return JSON.stringify({ items, next_cursor: page.cursor, revision: page.revision, epoch });
}

/** A document with `kind` and the named fields only. */
export function cutDocument(vm: CachedVm, fields: readonly string[], secrets: boolean): Json {
  const document = JSON.parse(vm.text(secrets)) as JsonObject;
  const kept = Object.entries(document).filter(([key]) => key === 'kind' || fields.includes(key));
  return Object.fromEntries(kept) as Json;
}

/** `Last-Event-ID`, as the browser's EventSource sends it. */
export function lastEventIdOf(request: FastifyRequest): string | null {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' && header !== '' ? header : null;
}
