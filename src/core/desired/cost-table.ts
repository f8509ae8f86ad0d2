/**
 * What a change of each field of a VM costs (spec §2 "Cost of a change"). The table names every field: one that is
 * added to `VmSpec` does not compile until somebody has decided here.
 *
 *   none      no contact with the guest: the new value is used from now on
 *   restart   carried by the next incarnation; disks and addresses are kept
 *   replace   the root disk is made anew; `disks[]`, uid and addresses are kept
 *   the rest  depends on the values: `plan-change.ts` has one function for each
 */
import type { VmSpec } from '../instance/spec.ts';

export type CostRule =
  | 'none'
  | 'restart'
  | 'replace'
  | 'cpu'
  | 'memory'
  | 'root_size'
  | 'disks'
  | 'nics'
  | 'cloud_init';

/** One field: its rule, and its name in documents. In the order in which documents and plans print. */
export interface FieldCost {
  readonly field: string;
  readonly rule: CostRule;
}

const cost = (field: string, rule: CostRule): FieldCost => ({ field, rule });

export const costTable = {
  cpuCores: cost('cpu_cores', 'cpu'),
  memoryMib: cost('memory_mib', 'memory'),
  cpuCoresMax: cost('cpu_cores_max', 'restart'),
  memoryMaxMib: cost('memory_max_mib', 'restart'),
  imageUrl: cost('image_url', 'replace'),
  imageSha256: cost('image_sha256', 'replace'),
  imageFormat: cost('image_format', 'replace'),
  architecture: cost('architecture', 'replace'),
  firmwareId: cost('firmware_id', 'restart'),
  machine: cost('machine', 'restart'),
  accel: cost('accel', 'restart'),
  kernel: cost('kernel', 'restart'),
  kernelSha256: cost('kernel_sha256', 'restart'),
  initrd: cost('initrd', 'restart'),
  initrdSha256: cost('initrd_sha256', 'restart'),
  cmdline: cost('cmdline', 'restart'),
  diskGib: cost('disk_gib', 'root_size'),
  disks: cost('disks', 'disks'),
  nics: cost('nics', 'nics'),
  cloudInit: cost('cloud_init', 'cloud_init'),
  runtime: cost('runtime', 'replace'),
  placement: cost('placement', 'none'),
  restartPolicy: cost('restart_policy', 'none'),
  nodeLossPolicy: cost('node_loss_policy', 'none'),
  driftPolicy: cost('drift_policy', 'none'),
  onUnresponsive: cost('on_unresponsive', 'none'),
  startAtBoot: cost('start_at_boot', 'none'),
  bootOrder: cost('boot_order', 'none'),
  dependsOn: cost('depends_on', 'none'),
  deletionProtection: cost('deletion_protection', 'none'),
  stop: cost('stop', 'none'),
  healthChecks: cost('health_checks', 'none'),
} as const satisfies { readonly [Key in keyof VmSpec]: FieldCost };
