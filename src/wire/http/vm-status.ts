/** `status` of a VM for OpenAPI: what `renderStatus` writes (examples.md b). */
import { z } from 'zod';
import { phases } from '../../core/instance/phase.ts';

const time = z.string().meta({ format: 'date-time' });
const timeOrNull = time.nullable();
const json = z.json();

const reason = z
  .object({
    code: z.string(),
    message: z.string(),
    next_action: z.string(),
    since: time,
    details: z.record(z.string(), json),
  })
  .meta({ id: 'Reason', description: 'Why the phase is pending, error or orphaned, and what to do about it.' });

const incarnation = z
  .object({
    id: z.string(),
    run: z.int(),
    state: z.string(),
    state_generation: z.int(),
    started_at: timeOrNull,
  })
  .meta({ id: 'Incarnation', description: 'The live run of the VM on its node.' });

const condition = z
  .object({
    type: z.enum(['placed', 'realised', 'running', 'healthy', 'responsive', 'converged']),
    status: z.enum(['true', 'false', 'unknown']),
    code: z.string(),
    message: z.string(),
    generation: z.int(),
    since: time,
  })
  .meta({ id: 'Condition', description: 'One aspect of the VM. responsive is there only while it is false.' });

const drift = z
  .object({
    field: z.string(),
    desired: json,
    observed: json,
    cause: z.enum(['change_propagating', 'awaiting_restart', 'out_of_band', 'failed', 'held']),
    since: time,
    action: z.enum(['none', 'start', 'stop', 'pause', 'resume', 'update', 'replace', 'remove']),
    because: z.string(),
  })
  .meta({ id: 'Drift', description: 'One difference between desired and observed state.' });

const metrics = z
  .object({
    cpu_usage: z.number().meta({ description: 'Of the hypervisor process, in cores: 1 is one core of the host busy.' }),
    memory_used_mib: z.number().meta({
      description:
        'Host memory that the hypervisor process holds (RSS): what of the guest is touched and its own. Not what the guest uses.',
    }),
    disk_read_bytes: z.number(),
    disk_write_bytes: z.number(),
    net_rx_bytes: z.number().nullable().meta({ description: 'Null where nobody counts: user-mode networks.' }),
    net_tx_bytes: z.number().nullable().meta({ description: 'Null where nobody counts: user-mode networks.' }),
    uptime_seconds: z.number(),
  })
  .meta({ id: 'VmMetrics' });

const address = z
  .object({
    nic: z.string(),
    ip: z.string().nullable(),
    source: z.string(),
    endpoints: z.array(
      z.object({ protocol: z.enum(['tcp', 'udp']), host: z.string(), port: z.int(), guest_port: z.int() }),
    ),
  })
  .meta({ id: 'Address' });

export const vmStatusSchema = z
  .object({
    phase: z.enum(phases),
    reason: reason.optional(),
    node: z.string().nullable(),
    incarnation: incarnation.nullable(),
    seen_generation: z.int().meta({ description: 'Newest generation the node has received.' }),
    observed_generation: z.int().meta({ description: 'Newest generation that is fully realised.' }),
    conditions: z.array(condition),
    metrics: metrics.nullable(),
    image: z.object({ sha256: z.string(), size_bytes: z.number(), resolved_at: time }).nullable(),
    running_hash: z.string().nullable(),
    restart: z.object({ attempt: z.int(), backing_off: z.boolean(), next_at: timeOrNull }),
    drift: z.array(drift),
    addresses: z.array(address),
    observed_at: timeOrNull,
    stale: z.boolean(),
    waiting: z.object({ for: z.string(), since: time, deadline: time, message: z.string() }).optional(),
  })
  .meta({ id: 'VirtualMachineStatus', description: 'Observed state. Changes only by report of the node.' });
