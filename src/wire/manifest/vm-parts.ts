/** The objects and lists within a VM document as zod schemas. */
import { z } from 'zod';
import { documentLimits as limits } from './limits.ts';
import { vmFields as f } from './vm-fields.ts';

const forward = z
  .strictObject({
    protocol: f.protocol.optional(),
    host_ip: f.host_ip.optional(),
    host_port: f.host_port.optional(),
    guest_port: f.guest_port,
  })
  .meta({ id: 'Forward', description: 'A port of the node that leads to a port of the guest.' });

const forwards = z
  .array(forward)
  .max(limits.forwards)
  .meta({ description: 'Ports of the node that lead into the guest.', default: [] });

const disk = z
  .strictObject({
    name: f.disk_name,
    size_gib: f.size_gib,
    pool: f.pool.optional(),
    ephemeral: f.ephemeral.optional(),
    read_only: f.read_only.optional(),
  })
  .meta({ id: 'Disk', description: 'A data disk. It outlives replacements of the root disk.' });

const nic = z
  .strictObject({
    name: f.nic_name.optional(),
    network: f.network.optional(),
    mac: f.mac.nullable().optional(),
    forwards: forwards.optional(),
  })
  .meta({ id: 'Nic', description: 'A network interface.' });

const healthCheck = z
  .strictObject({
    name: f.check_name,
    tcp: z.strictObject({ port: f.port }).meta({ description: 'A connection is accepted.' }).optional(),
    http: z
      .strictObject({ port: f.port, path: f.http_path.optional() })
      .meta({ description: 'A GET is answered with 2xx or 3xx.' })
      .optional(),
    command: f.command.optional(),
    interval_seconds: f.interval_seconds.optional(),
    timeout_seconds: f.timeout_seconds.optional(),
    retries: f.retries.optional(),
  })
  .meta({ id: 'HealthCheck', description: 'A check of the guest: exactly one of tcp, http and command.' });

export const cloudInitShape = {
  user_data: f.user_data.nullable().optional(),
  network_config: f.network_config.nullable().optional(),
  ssh_authorized_keys: f.ssh_authorized_keys.optional(),
  hostname: f.hostname.nullable().optional(),
};
export const placementShape = {
  node: f.node.nullable().optional(),
  selector: f.selector.optional(),
  preferred: f.preferred.optional(),
  affinity_groups: f.affinity_groups.optional(),
};
export const stopShape = { grace_seconds: f.grace_seconds.optional(), on_timeout: f.on_timeout.optional() };

export const cloudInitText = 'Input of cloud-init in the guest (NoCloud). A change is run at the next boot.';
export const placementText = 'Where the instance may run.';
export const stopText = 'How a stop goes.';

export const disks = z.array(disk).max(limits.disks).meta({ description: 'Data disks.', default: [] });
export const nics = z.array(nic).max(limits.nics).meta({ description: 'NICs; absent: one user-mode NIC, []: none.' });
export const healthChecks = z
  .array(healthCheck)
  .max(limits.healthChecks)
  .meta({ description: 'Health checks.', default: [] });
