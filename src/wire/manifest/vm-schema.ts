/**
 * The VM document as zod schemas: one shape, in the order in which documents are printed, from which come
 * the body of a create, the patch, the manifest and the answer. OpenAPI is generated from them (`z.toJSONSchema`).
 */
import { z } from 'zod';
import { map } from './field-types.ts';
import { documentLimits as limits } from './limits.ts';
import { vmFields as f } from './vm-fields.ts';
import {
  cloudInitShape,
  cloudInitText,
  disks,
  healthChecks,
  nics,
  placementShape,
  placementText,
  stopShape,
  stopText,
} from './vm-parts.ts';

export const apiVersion = 'holdfast/v1';
export const vmKind = 'VirtualMachine';

/**
 * Everything a user may set, optional, in the order of printing; null means the default where the default is "none".
 */
export const desiredShape = {
  labels: f.labels.optional(),
  annotations: f.annotations.optional(),
  description: f.description.nullable().optional(),
  desired_phase: f.desired_phase.optional(),
  cpu_cores: f.cpu_cores.optional(),
  memory_mib: f.memory_mib.optional(),
  cpu_cores_max: f.cpu_cores_max.nullable().optional(),
  memory_max_mib: f.memory_max_mib.nullable().optional(),
  image_url: f.image_url.nullable().optional(),
  image_sha256: f.image_sha256.nullable().optional(),
  image_format: f.image_format.nullable().optional(),
  architecture: f.architecture.optional(),
  firmware_id: f.firmware_id.optional(),
  machine: f.machine.optional(),
  accel: f.accel.optional(),
  kernel: f.kernel.nullable().optional(),
  kernel_sha256: f.kernel_sha256.nullable().optional(),
  initrd: f.initrd.nullable().optional(),
  initrd_sha256: f.initrd_sha256.nullable().optional(),
  cmdline: f.cmdline.nullable().optional(),
  disk_gib: f.disk_gib.nullable().optional(),
  disks: disks.optional(),
  nics: nics.optional(),
  cloud_init: z
    .strictObject(cloudInitShape)
    .meta({ id: 'CloudInit', description: cloudInitText })
    .nullable()
    .optional(),
  runtime: f.runtime.optional(),
  placement: z.strictObject(placementShape).meta({ id: 'Placement', description: placementText }).optional(),
  restart_policy: f.restart_policy.optional(),
  node_loss_policy: f.node_loss_policy.optional(),
  drift_policy: f.drift_policy.optional(),
  on_unresponsive: f.on_unresponsive.optional(),
  start_at_boot: f.start_at_boot.optional(),
  boot_order: f.boot_order.optional(),
  depends_on: f.depends_on.optional(),
  deletion_protection: f.deletion_protection.optional(),
  stop: z.strictObject(stopShape).meta({ id: 'StopRules', description: stopText }).optional(),
  health_checks: healthChecks.optional(),
};

export const apiVersionField = z.literal(apiVersion).meta({ description: 'Version of the document format.' });
export const kindField = z.literal(vmKind).meta({ description: 'Kind of the document.' });

/** Body of `POST /v1/vms`. */
export const vmCreateSchema = z
  .strictObject({ api_version: apiVersionField.optional(), kind: kindField.optional(), name: f.name, ...desiredShape })
  .meta({
    id: 'VirtualMachineCreate',
    description: 'Desired state of a new VM. At least one of image_url and kernel is required.',
  });

/** A manifest without what the server sets (`parseVmDocument` takes that away first). */
export const vmManifestSchema = z
  .strictObject({
    api_version: apiVersionField,
    kind: kindField,
    name: f.name,
    uid: z.string().optional().meta({ description: 'Must be the uid of the instance, when given.' }),
    ...desiredShape,
  })
  .meta({ id: 'VirtualMachineManifest', description: 'A VM as a manifest declares it.' });

type Shape = Readonly<Record<string, z.ZodType>>;
/** What is left of a schema without its `.optional()` and `.nullable()`. */
type Bare<T> =
  T extends z.ZodOptional<infer Inner extends z.ZodType>
    ? Bare<Inner>
    : T extends z.ZodNullable<infer Inner extends z.ZodType>
      ? Bare<Inner>
      : T;
type Clearable<T extends Shape> = { [K in keyof T]: z.ZodOptional<z.ZodNullable<Extract<Bare<T[K]>, z.ZodType>>> };

function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return bare(schema.unwrap() as z.ZodType);
  return schema;
}

/** Every member may be absent (stays as it is) or null (goes back to its default). */
function clearable<T extends Shape>(shape: T): Clearable<T> {
  const entries = Object.entries(shape).map(([key, schema]) => [key, bare(schema).nullable().optional()]);
  return Object.fromEntries(entries) as Clearable<T>;
}

const labelPatch = (description: string) => map(f.labelValue.nullable(), { description, max: limits.mapEntries });

/** Body of `PATCH /v1/vms/{name}`: RFC 7396 over what the user set. */
export const vmPatchSchema = z
  .strictObject({
    api_version: apiVersionField.optional(),
    kind: kindField.optional(),
    name: f.name.optional().meta({ description: 'Cannot be changed; may be repeated.' }),
    ...clearable({
      ...desiredShape,
      labels: labelPatch('Labels to set; null removes one.'),
      annotations: map(f.annotationValue.nullable(), {
        description: 'Annotations to set; null removes one.',
        max: limits.mapEntries,
      }),
      cloud_init: z.strictObject(clearable(cloudInitShape)).meta({ id: 'CloudInitPatch', description: cloudInitText }),
      placement: z
        .strictObject(
          clearable({
            ...placementShape,
            selector: labelPatch('Labels that a node must have; null removes one.'),
            preferred: labelPatch('Labels that a node should have; null removes one.'),
          }),
        )
        .meta({ id: 'PlacementPatch', description: placementText }),
      stop: z.strictObject(clearable(stopShape)).meta({ id: 'StopRulesPatch', description: stopText }),
    }),
  })
  .meta({
    id: 'VirtualMachinePatch',
    description: 'JSON merge patch (RFC 7396): null sets a field back to its default, a list replaces the whole list.',
  });

/** Fields that the server sets: ignored in a manifest, offences in a body. */
export const serverFields: readonly string[] = [
  'uid',
  'managed_by',
  'generation',
  'revision',
  'spec_hash',
  'created_at',
  'updated_at',
  'status',
];

/** Fields that only a verb sets, with the verb. */
export const verbFields: Readonly<Record<string, string>> = {
  desired_paused: "'holdfast vm pause NAME' or 'resume' (POST /v1/vms/NAME/pause, /resume)",
  run: "'holdfast vm start NAME' or 'reboot' (POST /v1/vms/NAME/start, /reboot)",
  stop_mode: "'holdfast vm stop NAME' or 'poweroff' (POST /v1/vms/NAME/stop, /poweroff)",
};

/** The verb that a document's `desired_phase: deleted` stands for. */
export const deleteVerb = "'holdfast vm delete NAME' (DELETE /v1/vms/NAME)";
