/** /v1/apply and /v1/plan: many documents, as a JSON list or as YAML text, in one transaction or in none (spec §5). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Json } from '../../core/kit/json.ts';
import { applyAnswerSchema, applyItemSchema } from '../../wire/http/answers.ts';
import { applyQuery, planOneQuery } from '../../wire/http/queries.ts';
import { documentLimits } from '../../wire/manifest/limits.ts';
import { clipGot, type Offence } from '../../wire/manifest/offence.ts';
import { parseDocuments } from '../../wire/manifest/parse-documents.ts';
import { listedIn, partOfList } from '../../wire/manifest/unfold-lists.ts';
import { vmManifestSchema } from '../../wire/manifest/vm-schema.ts';
import { applyBatch, planBatch } from '../operations/apply-batch.ts';
import type { ApplyRequest } from '../operations/apply-steps.ts';
import { parsePruneSelector } from '../operations/label-selector.ts';
import { refuseOffences } from '../operations/refuse-offences.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { pruneLimitDefault } from './api-config.ts';
import { describeRoute, json, vmName } from './describe-route.ts';
import { jsonBody, type RawBody } from './parse-request.ts';
import { type ApiServer, callerOf, type RouteContext, sendJson, sendReplay } from './route-context.ts';
import { routeErrors } from './route-errors.ts';

const body = z.union([z.array(vmManifestSchema), vmManifestSchema]).meta({
  description:
    'Manifests: a JSON list, one JSON document, or YAML documents as application/yaml, which may have ' +
    `${documentLimits.serverYamlLength} characters.`,
});

type Query = z.output<typeof applyQuery>;

export function addApplyRoutes(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.post<{ Querystring: Query }>(
    '/v1/apply',
    describeRoute({
      tag: 'manifests',
      summary: 'Apply manifests, all or nothing',
      query: applyQuery,
      headers: ['Idempotency-Key'],
      body,
      bodyTypes: ['application/json', 'application/yaml'],
      answers: { 200: json('What became of each VM.', applyAnswerSchema, ['Idempotent-Replay']) },
      errors: routeErrors.apply,
    }),
    async (request, reply) => {
      const caller = callerOf(request);
      if (isRefused(caller)) return envelopes.refusal(reply, caller);
      const asked = applyRequest(request);
      if (isRefused(asked)) return envelopes.refusal(reply, asked);
      const outcome = await applyBatch(plane.ctx, caller, asked);
      if (isRefused(outcome)) return envelopes.refusal(reply, outcome);
      if (outcome.kind === 'replayed') return sendReplay(reply, outcome.stored, outcome.revision);
      return sendJson(reply, 200, { items: outcome.result.items });
    },
  );

  app.post<{ Querystring: Query }>(
    '/v1/plan',
    describeRoute({
      tag: 'manifests',
      summary: 'What apply would do, without doing it',
      query: applyQuery,
      body,
      bodyTypes: ['application/json', 'application/yaml'],
      answers: { 200: json('What would become of each VM.', applyAnswerSchema) },
      errors: routeErrors.plan,
    }),
    (request, reply): FastifyReply => {
      const asked = applyRequest(request);
      if (isRefused(asked)) return envelopes.refusal(reply, asked);
      const result = planBatch(plane.ctx, asked);
      return isRefused(result) ? envelopes.refusal(reply, result) : sendJson(reply, 200, { items: result.items });
    },
  );
  addPlanOfOne(app, ctx);
}

function addPlanOfOne(app: ApiServer, ctx: RouteContext): void {
  const { plane, envelopes } = ctx;

  app.post<{ Params: { name: string }; Querystring: z.output<typeof planOneQuery> }>(
    '/v1/vms/:name/plan',
    describeRoute({
      tag: 'manifests',
      summary: 'What applying a manifest to this VM would do',
      query: planOneQuery,
      path: vmName,
      body: vmManifestSchema,
      bodyTypes: ['application/json', 'application/yaml'],
      answers: { 200: json('What would become of it.', applyItemSchema) },
      errors: routeErrors.plan,
    }),
    (request, reply): FastifyReply => {
      const asked = applyRequest(request);
      if (isRefused(asked)) return envelopes.refusal(reply, asked);
      const names = asked.documents.map((document) => (document as { readonly name?: unknown } | null)?.name);
      if (names.length !== 1 || names[0] !== request.params.name) {
        return envelopes.refusal(reply, refuseManifest(names, request.params.name));
      }
      const result = planBatch(plane.ctx, asked);
      return isRefused(result) ? envelopes.refusal(reply, result) : sendJson(reply, 200, result.items[0] ?? null);
    },
  );
}

function applyRequest(request: FastifyRequest): ApplyRequest | Refusal {
  const documents = documentsOf(request);
  if (isRefused(documents)) return documents;
  const query = request.query as Query;
  const selector = query.prune === undefined ? null : parsePruneSelector(query.prune);
  if (selector !== null && isRefused(selector)) return selector;
  return {
    documents: documents.values,
    consent: { onRestart: query.on_restart ?? 'refuse', allowReplace: query.allow_replace === true },
    prune: selector === null ? null : { selector, limit: query.prune_limit ?? pruneLimitDefault },
  };
}

/** The documents of a body: a JSON list, a page as a list answers it, a single JSON document, or YAML. */
function documentsOf(request: FastifyRequest): { readonly values: readonly unknown[] } | Refusal {
  const raw = request.body as RawBody | undefined | null;
  if (raw?.mediaType === 'yaml') {
    const parsed = parseDocuments(raw.text, { maxLength: documentLimits.serverYamlLength });
    if (parsed.ok) return { values: parsed.documents.map(({ value }) => value) };
    return refuseDocuments(parsed.refusal, parsed.offences);
  }
  const sent = jsonBody(request);
  if (isRefused(sent)) return sent;
  if (sent.value === undefined) {
    return refuseBodyAs('missing', 'The request has no body', null, 'manifests as JSON or YAML');
  }
  const part = partOfList(sent.value, 0);
  return part === null ? { values: listedIn(sent.value) ?? [sent.value] } : refuseOffences([part], null);
}

/** The body as a whole is not what is asked for. */
function refuseBodyAs(code: Offence['code'], message: string, got: Json, expected: Json): Refusal {
  return refuseOffences([{ document: 0, path: '$', code, message, got, expected }], null);
}

function refuseManifest(names: readonly unknown[], name: string): Refusal {
  const got = clipGot(names, ['name']);
  return refuseBodyAs('conflict', `The body is not the manifest of VM "${name}"`, got, `the manifest of ${name} alone`);
}

function refuseDocuments(
  code: 'validation_failed' | 'batch_too_large' | 'body_too_large',
  offences: readonly Offence[],
): Refusal {
  if (code === 'validation_failed') return refuseOffences(offences, null);
  return refuse(code, offences[0]?.message ?? 'The manifests are above a limit', {
    next_action: 'Send them as JSON, or in parts',
    offences: offences as unknown as readonly Record<string, never>[],
  });
}
