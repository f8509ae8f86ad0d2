/** Answers of the REST API for OpenAPI: what the renderers write. */
import { z } from 'zod';
import { vmAnswerSchema } from '../manifest/vm-answer.ts';
import { vmStatusSchema } from './vm-status.ts';

const time = z.string().meta({ format: 'date-time' });
const json = z.json();
const details = z.record(z.string(), json);

export const errorSchema = z
  .object({ error: z.object({ code: z.string(), message: z.string(), details }) })
  .meta({ id: 'Error', description: 'The one error envelope; codes: docs/errors.md.' });

export const vmSchema = vmAnswerSchema(vmStatusSchema);

const resource = z.object({ kind: z.literal('VirtualMachine'), name: z.string(), uid: z.string() });

export const taskSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    status: z.enum(['pending', 'running', 'success', 'failed', 'cancelled', 'superseded']),
    progress: z.int().min(0).max(100),
    step: z
      .object({ name: z.string(), index: z.int(), count: z.int(), message: z.string(), deadline: time.nullable() })
      .nullable(),
    resource,
    target_generation: z.int(),
    target_run: z.int(),
    requested_by: z.string(),
    idempotency_key: z.string().nullable(),
    result: json,
    error: z.object({ code: z.string(), message: z.string(), details }).nullable(),
    attempts: z.int(),
    superseded_by: z.string().nullable(),
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    deadline: time,
    links: z.object({ self: z.string(), resource: z.string() }),
  })
  .meta({ id: 'Task', description: 'An asynchronous operation: it succeeds when its VM is in sync at its target.' });

export const eventSchema = z
  .object({
    id: z.string(),
    at: time,
    code: z.string(),
    message: z.string(),
    resource: resource.nullable(),
    node: z.string().nullable(),
    by: z.string(),
  })
  .meta({ id: 'Event' });

export const nodeSchema = z
  .object({
    kind: z.literal('Node'),
    name: z.string(),
    status: z.record(z.string(), json),
    labels: z.record(z.string(), z.string()),
    registered_at: time,
  })
  .meta({ id: 'Node' });

const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable(), revision: z.int(), epoch: z.int() });

export const vmPageSchema = page(vmSchema);
export const taskPageSchema = page(taskSchema);
export const eventPageSchema = page(eventSchema);
export const nodePageSchema = page(nodeSchema);

export const applyAnswerSchema = z
  .object({
    items: z.array(
      z.object({
        kind: z.literal('VirtualMachine'),
        name: z.string(),
        uid: z.string(),
        action: z.enum(['create', 'update', 'unchanged', 'delete']),
        generation: z.int(),
        changes: z.array(details),
        restarts: z.boolean(),
        deferred: z.boolean(),
        task: z.string().nullable().optional(),
      }),
    ),
  })
  .meta({ id: 'ApplyAnswer', description: 'What became, or would become, of each VM.' });

export const consoleTokenSchema = z
  .object({ token: z.string(), path: z.string(), expires_at: time, read_only: z.boolean() })
  .meta({ id: 'ConsoleToken', description: 'Used once, within 60 s; the session it opens has no limit.' });

export const tokenSchema = z
  .object({ token: z.string(), principal: z.string(), role: z.enum(['viewer', 'admin']) })
  .meta({ id: 'AccessToken', description: 'The text of the token is never shown again.' });

export const anyObjectSchema = z.record(z.string(), json);
