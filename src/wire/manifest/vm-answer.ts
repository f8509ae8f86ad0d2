import { z } from 'zod';
import { vmFields as f } from './vm-fields.ts';
import { apiVersionField, desiredShape, kindField } from './vm-schema.ts';

type Optional = Readonly<Record<string, z.ZodOptional<z.ZodType>>>;
type Present<T extends Optional> = { [K in keyof T]: ReturnType<T[K]['unwrap']> };

/** In an answer every field is there, defaults resolved. */
function present<T extends Optional>(shape: T): Present<T> {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.unwrap()])) as Present<T>;
}

const managedBy = z
  .discriminatedUnion('source', [
    z.object({ source: z.literal('api') }),
    z.object({
      source: z.literal('git'),
      repository: z.string(),
      ref: z.string(),
      commit: z.string(),
      path: z.string(),
    }),
  ])
  .meta({ id: 'ManagedBy', description: 'Who owns the desired state.' });

const time = (description: string) => z.string().meta({ description, format: 'date-time' });
const count = (description: string) => z.int().min(0).meta({ description });

const { labels, annotations, description, desired_phase: _phase, ...resolved } = present(desiredShape);

/** The document of `GET /v1/vms/{name}` for OpenAPI, with the schema of `status` as its last field. */
export function vmAnswerSchema<T extends z.ZodType>(status: T) {
  return z
    .object({
      api_version: apiVersionField,
      kind: kindField,
      name: f.name,
      uid: z.string().meta({ description: 'Identity for life, across restarts and moves (UUIDv7).' }),
      labels,
      annotations,
      description,
      managed_by: managedBy,
      desired_phase: z.enum(['running', 'stopped', 'deleted']).meta({ description: 'What the instance should do.' }),
      desired_paused: z.boolean().meta({ description: 'Set by pause and resume.' }),
      run: count('Number of the run asked for: start and reboot add one.'),
      stop_mode: z.enum(['graceful', 'forced']).meta({ description: 'How a stop is done; set by stop and poweroff.' }),
      ...resolved,
      generation: count('Counts the changes of desired state.'),
      revision: count('Of the user-writable part; the ETag.'),
      spec_hash: z
        .string()
        .meta({ description: 'Hash of what reaches the process or its disks.', examples: ['sha256:1c7e…'] }),
      created_at: time('When it was created.'),
      updated_at: time('When the user-writable part last changed.'),
      status,
    })
    .meta({ id: 'VirtualMachine', description: 'A VM: desired state at the top level, observed state under status.' });
}
