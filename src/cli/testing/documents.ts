/** Tasks, events and nodes as the API answers them, for tests of what is printed of them. */
import type { EventDocument, NodeDocument, StatusDocument, TaskDocument } from '../../client/documents.ts';
import { uid } from './vm-documents.ts';

export function aTask(fields: Partial<TaskDocument> = {}): TaskDocument {
  return {
    id: '0195a3cf-c6e0-7d52-a0f3-94be1c2d7e05',
    type: 'vm.resize',
    status: 'running',
    progress: 33,
    step: {
      name: 'stop',
      index: 1,
      count: 3,
      message: 'Waiting for the guest to power off (12 s of 60 s)',
      deadline: '2026-03-02T09:15:05.133Z',
    },
    resource: { kind: 'VirtualMachine', name: 'web-1', uid },
    target_generation: 5,
    target_run: 2,
    requested_by: 'user:admin',
    error: null,
    result: null,
    superseded_by: null,
    created_at: '2026-03-02T09:14:05.121Z',
    started_at: '2026-03-02T09:14:05.133Z',
    finished_at: null,
    deadline: '2026-03-02T09:24:05.121Z',
    ...fields,
  };
}

export const doneTask = aTask({ status: 'success', progress: 100, finished_at: '2026-03-02T09:14:17.000Z' });

export const failedTask = aTask({
  type: 'vm.stop',
  status: 'failed',
  progress: 66,
  step: { name: 'wait_power_off', index: 1, count: 2, message: 'The guest did not power off', deadline: null },
  error: {
    code: 'stop_timeout',
    message: 'Cannot stop VM "web-1": the guest did not power off within 60 s and stop.on_timeout is \'fail\'',
    details: {
      grace_seconds: 60,
      process_alive: true,
      next_action: "Run 'holdfast vm poweroff web-1' to force it, or 'holdfast vm start web-1' to keep it running",
    },
  },
  finished_at: '2026-03-02T09:14:16.000Z',
});

export const aNode: NodeDocument = {
  name: 'node-1',
  labels: { disk: 'ssd' },
  registered_at: '2026-03-02T08:00:00.000Z',
  status: {
    health: 'ready',
    since: '2026-03-02T08:00:00.000Z',
    connected: true,
    last_seen_at: '2026-03-02T09:14:13.000Z',
    agent_version: '0.1.0',
    capacity: { cpu_cores: 8, memory_mib: 16384 },
    allocatable: { cpu_cores: 16, memory_mib: 15360 },
    allocated: { cpu_cores: 3, memory_mib: 2176 },
    runtimes: [{ kind: 'qemu', version: '7.2.19', accel: 'tcg', accel_because: 'no /dev/kvm' }],
    instances: 2,
    unassigned: [{ uid: '0195a2f0-44c1-7d90-8a6e-72b0c1d3e4f5', name: 'stray', state: 'running' }],
  },
};

export const aStatus: StatusDocument = {
  cluster_id: '0195a2f0-0000-7d90-8a6e-72b0c1d3e4f5',
  convergence: { percent: 33, in_sync: 1, total: 3 },
  phases: { running: 1, stopping: 1, error: 1 },
  nodes: [aNode],
  not_in_sync: [
    {
      name: 'web-1',
      phase: 'stopping',
      generation: 5,
      observed_generation: 4,
      code: 'change_propagating',
      message: 'memory_mib is 512, wanted 1024: restarting',
    },
  ],
};

export const anEvent: EventDocument = {
  id: '0195a3cf-c6e0-7d52-a0f3-94be1c2d7e06',
  at: '2026-03-02T09:14:05.121Z',
  code: 'vm_changed',
  message: 'VM "web-1" changed: memory_mib 256 → 512 (generation 5); it restarts',
  resource: { kind: 'VirtualMachine', name: 'web-1', uid },
  node: null,
  by: 'user:admin',
};
