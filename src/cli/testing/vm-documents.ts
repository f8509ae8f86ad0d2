/** VMs as the specification shows them, for tests of what is printed of them. */
import type { ConditionDocument, DriftDocument, VmDocument, VmStatusDocument } from '../../client/vm-document.ts';
import type { Json } from '../../core/kit/json.ts';

/** The moment at which the tests look: shortly after the change of the examples. */
export const lookedAt = Date.parse('2026-03-02T09:14:17.000Z');
export const uid = '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10';

type Fields = Partial<Omit<VmDocument, 'status'>> & { readonly status?: Partial<VmStatusDocument> };

const conditionsInSync: readonly ConditionDocument[] = [
  condition('placed', 'true', 'assigned', 'Placed on node-1', '2026-03-02T08:58:40.020Z'),
  condition('realised', 'true', 'image_ready', 'Image and disks are ready', '2026-03-02T08:58:41.150Z'),
  condition('running', 'true', 'guest_executing', "The guest's vCPUs run", '2026-03-02T08:58:41.204Z'),
  condition('healthy', 'true', 'all_passing', '1 of 1 health checks pass', '2026-03-02T08:58:52.300Z'),
  condition('converged', 'true', 'in_sync', 'Nothing differs from generation 4', '2026-03-02T09:10:02.500Z'),
];

function condition(type: string, status: string, code: string, message: string, since: string): ConditionDocument {
  return { type, status, code, message, generation: 4, since };
}

/** web-1, running and in sync. */
export function aVm(fields: Fields = {}): VmDocument {
  const { status, ...desired } = fields;
  return {
    kind: 'VirtualMachine',
    name: 'web-1',
    uid,
    labels: { app: 'web', owner: 'shop' },
    description: null,
    managed_by: { source: 'api' },
    desired_phase: 'running',
    desired_paused: false,
    run: 1,
    stop_mode: 'graceful',
    cpu_cores: 2,
    memory_mib: 512,
    cpu_cores_max: null,
    memory_max_mib: null,
    image_url: 'https://images.example.org/debian/small-guest-12.qcow2',
    kernel: null,
    disk_gib: 4,
    disks: [{ name: 'data', size_gib: 2 }],
    nics: [
      {
        name: 'eth0',
        network: 'user',
        mac: '52:54:00:3d:5e:8a',
        forwards: [{ protocol: 'tcp', host_ip: '127.0.0.1', host_port: 8080, guest_port: 80 }],
      },
    ],
    placement: { node: null },
    restart_policy: 'on_failure',
    drift_policy: 'correct',
    generation: 4,
    revision: 48102,
    spec_hash: `sha256:${'1c7e'.repeat(16)}`,
    created_at: '2026-03-02T08:58:40.011Z',
    updated_at: '2026-03-02T09:10:02.417Z',
    ...desired,
    status: { ...statusInSync, ...status },
  };
}

const statusInSync: VmStatusDocument = {
  phase: 'running',
  node: 'node-1',
  incarnation: {
    id: '0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33',
    run: 1,
    state: 'running',
    state_generation: 3,
    started_at: '2026-03-02T08:58:41.204Z',
  },
  seen_generation: 4,
  observed_generation: 4,
  conditions: conditionsInSync,
  metrics: { cpu_usage: 0.03, memory_used_mib: 141, uptime_seconds: 702 },
  image: {
    sha256: '9f2b6c4e1d7a3058b4c9e6f10a2d3b5c7e8f90a1b2c3d4e5f60718293a4b5c6d',
    size_bytes: 18455552,
    resolved_at: '2026-03-02T08:58:41.102Z',
  },
  running_hash: `sha256:${'1c7e'.repeat(16)}`,
  restart: { attempt: 0, backing_off: false, next_at: null },
  drift: [],
  addresses: [
    {
      nic: 'eth0',
      ip: '10.0.2.15',
      source: 'user_network',
      endpoints: [{ protocol: 'tcp', host: '127.0.0.1', port: 8080, guest_port: 80 }],
    },
  ],
  observed_at: '2026-03-02T09:14:13.004Z',
  stale: false,
};

/** More memory on its way: asked to power off for the restart. */
export const propagating = aVm({
  run: 2,
  memory_mib: 1024,
  generation: 5,
  revision: 48190,
  status: {
    phase: 'stopping',
    incarnation: {
      id: '0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33',
      run: 1,
      state: 'stopping',
      state_generation: 4,
      started_at: '2026-03-02T08:58:41.204Z',
    },
    seen_generation: 5,
    conditions: [
      ...conditionsInSync.slice(0, 2),
      condition(
        'running',
        'true',
        'condemned',
        'The guest still runs; it was asked to power off for the restart',
        '2026-03-02T08:58:41.204Z',
      ),
      condition('healthy', 'unknown', 'stopping', 'Not probed while stopping', '2026-03-02T09:14:05.133Z'),
      condition(
        'converged',
        'false',
        'change_propagating',
        'memory_mib is 512, wanted 1024: restarting',
        '2026-03-02T09:14:05.121Z',
      ),
    ],
    drift: [
      {
        field: 'memory_mib',
        desired: 1024,
        observed: 512,
        cause: 'change_propagating',
        since: '2026-03-02T09:14:05.121Z',
        action: 'stop',
        because: 'restart_needed',
      },
    ],
    waiting: {
      for: 'guest_shutdown',
      since: '2026-03-02T09:14:05.133Z',
      deadline: '2026-03-02T09:15:35.133Z',
      message: 'ACPI power button sent; the process is killed at 09:15:05 if the guest does not power off',
    },
  },
});

/** Killed again and again. */
export const failed = aVm({
  name: 'db-1',
  run: 2,
  generation: 5,
  status: {
    phase: 'error',
    reason: {
      code: 'hypervisor_exited',
      message: 'The hypervisor process was killed by signal 9 (host out of memory) before the guest ran',
      next_action:
        "Run 'holdfast vm logs db-1', then 'holdfast vm start db-1' to try again now; it is tried again by itself at 09:14:57",
      since: '2026-03-02T09:14:07.310Z',
    },
    incarnation: null,
    seen_generation: 5,
    conditions: [
      ...conditionsInSync.slice(0, 2),
      condition('running', 'false', 'hypervisor_exited', 'No live incarnation', '2026-03-02T09:14:07.310Z'),
      condition('healthy', 'unknown', 'not_running', 'Not probed while not running', '2026-03-02T09:14:07.310Z'),
      condition(
        'converged',
        'false',
        'failed',
        'No process runs; next try at 09:14:57 (attempt 6)',
        '2026-03-02T09:14:05.121Z',
      ),
    ],
    metrics: null,
    running_hash: null,
    restart: { attempt: 5, backing_off: true, next_at: '2026-03-02T09:14:57.310Z' },
    drift: [
      {
        field: 'desired_phase',
        desired: 'running',
        observed: 'not_running',
        cause: 'failed',
        since: '2026-03-02T09:14:07.310Z',
        action: 'start',
        because: 'restart_policy_on_failure',
      },
    ],
    addresses: [],
  },
});

/** On no node yet. */
export const pending = aVm({
  name: 'new-1',
  generation: 1,
  disks: [],
  nics: [],
  image_url: null,
  kernel: 'file:///srv/images/vmlinuz',
  disk_gib: null,
  created_at: '2026-03-02T09:14:15.011Z',
  status: {
    phase: 'pending',
    reason: {
      code: 'no_nodes',
      message: 'There is no node',
      next_action: "Start an agent; 'holdfast node list' shows the nodes there are",
      since: '2026-03-02T09:14:15.020Z',
    },
    node: null,
    incarnation: null,
    seen_generation: 0,
    observed_generation: 0,
    conditions: [
      condition('placed', 'false', 'no_nodes', 'There is no node', '2026-03-02T09:14:15.020Z'),
      condition('realised', 'unknown', 'not_reported', 'No node has reported it yet', '2026-03-02T09:14:15.020Z'),
      condition('converged', 'false', 'pending', 'It is on no node', '2026-03-02T09:14:15.020Z'),
    ],
    metrics: null,
    image: null,
    running_hash: null,
    addresses: [],
    observed_at: null,
  },
});

const pausedIncarnation = {
  id: '0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33',
  run: 1,
  state: 'paused',
  state_generation: 4,
  started_at: '2026-03-02T08:58:41.204Z',
} as const;

/** Paused over the monitor behind Holdfast's back, on a node that has not been heard of. */
export const staleAndPaused = aVm({
  name: '日本-1',
  drift_policy: 'detect',
  status: {
    phase: 'paused',
    stale: true,
    incarnation: pausedIncarnation,
    drift: [
      {
        field: 'desired_paused',
        desired: false,
        observed: true,
        cause: 'out_of_band',
        since: '2026-03-02T09:11:00.000Z',
        action: 'none',
        because: 'drift_detect_only',
      },
    ],
  },
});

/** Stopped by its hypervisor: the disk of its node is full. */
export const noRoom = aVm({
  name: 'full-1',
  status: {
    phase: 'paused',
    incarnation: pausedIncarnation,
    conditions: [
      ...conditionsInSync.slice(0, 2),
      condition(
        'running',
        'false',
        'io_error',
        'The node has no room on its disk for what the guest writes; the guest waits for it, and nothing of it is lost',
        '2026-03-02T09:13:00.000Z',
      ),
      ...conditionsInSync.slice(3, -1),
      condition(
        'converged',
        'false',
        'io_error',
        'desired_paused is true, wanted false: its node has no room on its disk for what it writes; it is let go again now and then, so make room there',
        '2026-03-02T09:13:00.000Z',
      ),
    ],
    drift: [
      {
        field: 'desired_paused',
        desired: false,
        observed: true,
        cause: 'failed',
        since: '2026-03-02T09:13:00.000Z',
        action: 'resume',
        because: 'io_error',
      },
    ],
  },
});

/** Alive, with a monitor that does not answer: nothing differs, and nothing can be changed either. */
export const silent = aVm({
  name: 'mute',
  status: {
    conditions: [
      ...conditionsInSync.slice(0, -1),
      condition(
        'responsive',
        'false',
        'monitor_silent',
        'The process lives, its monitor does not answer',
        '2026-03-02T09:13:00.000Z',
      ),
      ...conditionsInSync.slice(-1),
    ],
  },
});

/** Off by its own wish, which is how it is to be. */
export const poweredOff = aVm({
  name: 'job-1',
  status: {
    phase: 'stopped',
    incarnation: null,
    addresses: [],
    metrics: null,
    conditions: [
      ...conditionsInSync.slice(0, -1),
      condition(
        'converged',
        'true',
        'guest_power_off',
        "The guest powered itself off; 'start' brings it back",
        '2026-03-02T09:13:00.000Z',
      ),
    ],
  },
});

/** A difference that goes with the next start. */
export const awaitingRestart = (field: string, desired: Json, observed: Json): DriftDocument => ({
  field,
  desired,
  observed,
  cause: 'awaiting_restart',
  since: '2026-03-02T09:10:00.000Z',
  action: 'none',
  because: 'awaiting_restart',
});

/** One that a lost file of a disk holds up. */
export const held = (field: string, desired: Json, observed: Json): DriftDocument => ({
  ...awaitingRestart(field, desired, observed),
  cause: 'held',
  because: 'disk_file_lost',
});
