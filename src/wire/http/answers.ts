/** Answers of the REST API for OpenAPI: what the renderers write. */
import { z } from 'zod';
import { phases } from '../../core/instance/phase.ts';
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

const eventSchema = z
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

const resources = z.object({ cpu_cores: z.int(), memory_mib: z.int() });

const nodeStatus = z.object({
  health: z.enum(['ready', 'stale', 'unreachable', 'lost', 'removed']),
  since: time,
  connected: z.boolean(),
  last_seen_at: time.nullable(),
  agent_version: z.string(),
  capacity: resources.meta({ description: 'What the node has.' }),
  allocatable: resources.meta({ description: 'What it may promise: reserve and overcommit counted.' }),
  allocated: resources.meta({ description: 'What it has promised to the VMs placed on it, overhead included.' }),
  runtimes: z.array(z.object({ kind: z.string(), version: z.string(), accel: z.string(), accel_because: z.string() })),
  instances: z.int(),
  unassigned: z
    .array(
      z.object({
        uid: z.string(),
        name: z.string().nullable(),
        state: z.enum(['running', 'leftover']),
        not_adopted: z.string().nullable().meta({ description: 'Why it was not adopted though the node offered it.' }),
      }),
    )
    .meta({ description: 'What it runs and nobody declared.' }),
});

export const nodeSchema = z
  .object({
    kind: z.literal('Node'),
    name: z.string(),
    status: nodeStatus,
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

/** What became, or would become, of one VM. */
export const applyItemSchema = z
  .object({
    kind: z.literal('VirtualMachine'),
    name: z.string(),
    uid: z.string(),
    action: z.enum(['create', 'update', 'unchanged', 'delete']),
    generation: z.int(),
    changes: z.array(details),
    restarts: z.boolean(),
    deferred: z.boolean(),
    task: z.string().nullable().optional().meta({ description: 'Of an apply: the task to wait for.' }),
  })
  .meta({ id: 'ApplyItem', description: 'What became, or would become, of one VM.' });

export const applyAnswerSchema = z.object({ items: z.array(applyItemSchema) }).meta({ id: 'ApplyAnswer' });

export const consoleTokenSchema = z
  .object({ token: z.string(), path: z.string(), expires_at: time, read_only: z.boolean() })
  .meta({ id: 'ConsoleToken', description: 'Used once, within 60 s; the session it opens has no limit.' });

export const tokenSchema = z
  .object({ token: z.string(), principal: z.string(), role: z.enum(['viewer', 'admin']) })
  .meta({ id: 'AccessToken', description: 'The text of the token is never shown again.' });

const drift = vmStatusSchema.shape.drift;

export const explanationSchema = z
  .object({
    name: z.string(),
    uid: z.string(),
    phase: z.enum(phases),
    in_sync: z.boolean(),
    summary: z.string(),
    lines: z.array(z.string()),
    drift,
    node: z.string().nullable(),
  })
  .meta({ id: 'Explanation', description: 'Why a VM is as it is, first what matters most.' });

export const historySchema = z
  .object({
    name: z.string(),
    uid: z.string(),
    failures: z.array(
      z.object({
        code: z.string(),
        message: z.string(),
        at: time.describe('When it came first.'),
        times: z.int().min(1).describe('What is tried again by itself and fails of the same is told once.'),
        last_at: time,
        details,
      }),
    ),
    events: z.array(eventSchema),
  })
  .meta({ id: 'History', description: 'The last failures and events of a VM, oldest first.' });

export const clusterStatusSchema = z
  .object({
    cluster_id: z.string(),
    epoch: z.int(),
    revision: z.int(),
    convergence: z.object({ percent: z.int().min(0).max(100), in_sync: z.int(), total: z.int() }),
    phases: z.partialRecord(z.enum(phases), z.int()),
    nodes: z.array(nodeSchema),
    not_in_sync: z.array(
      z.object({
        name: z.string(),
        phase: z.enum(phases),
        generation: z.int(),
        observed_generation: z.int(),
        code: z.string(),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'ClusterStatus', description: 'The state of the whole; at most 100 VMs that are not in sync.' });

export const healthSchema = z.object({ status: z.literal('ok') });
export const readinessSchema = z.object({ status: z.literal('ready'), cluster_id: z.string() });
export const anyObjectSchema = z.record(z.string(), json);
