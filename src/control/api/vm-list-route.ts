/** GET /v1/vms: pages, cut to some fields or whole, and the watch. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { vmPageSchema, vmSchema } from '../../wire/http/answers.ts';
import { pageSizeDefault, vmListQuery } from '../../wire/http/queries.ts';
import type { CachedVm } from '../cached-vm.ts';
import { parseLabelSelector } from '../operations/label-selector.ts';
import { listVms, type Page, renderPage, type VmFilter } from '../operations/list-vms.ts';
import { refuseOffences } from '../operations/refuse-offences.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { describeRoute } from './describe-route.ts';
import { createPartStreams } from './part-streams.ts';
import { type ApiServer, type RouteContext, seesSecrets, sendText } from './route-context.ts';
import { routeErrors } from './route-errors.ts';
import type { VmStream } from './vm-stream.ts';

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

export function addVmListRoute(app: ApiServer, ctx: RouteContext, stream: VmStream): void {
  const { plane, envelopes } = ctx;
  const streamParts = createPartStreams(ctx.deps.endOfTurn);
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
    const limit = query.limit ?? pageSizeDefault;
    const page = listVms(plane.ctx, { filter, limit, cursor: query.cursor ?? null });
    if (isRefused(page)) return envelopes.refusal(reply, page);
    const secrets = seesSecrets(request);
    const { epoch } = plane.ctx.store;
    return fields === null
      ? sendText(reply, 200, streamParts(renderPage(page, epoch, secrets), reply.raw))
      : sendText(reply, 200, renderCut(page, fields, epoch, secrets));
  });
}

/** The filter of a list or watch. */
function filterOf(query: z.output<typeof vmListQuery>): VmFilter | Refusal {
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
