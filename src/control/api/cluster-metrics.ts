/**
 * What the cluster is, for Prometheus: read when it is asked for, or counted from the store's own watch. Labels are closed
 * sets and names of nodes, never of VMs: a fleet must not make a time series each.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { convergencePercent } from '../../core/convergence/in-sync.ts';
import { failureOf, phases } from '../../core/instance/phase.ts';
import type { StoredObservation } from '../../core/node/apply-report.ts';
import { allocatableOf } from '../../core/placement/resources.ts';
import { isFinished, type Task } from '../../core/task/task.ts';
import type { StoreEvent } from '../../ports/store.ts';
import type { ControlPlane } from '../control-plane.ts';
import { type NodeRow, nodePrefix, observationPrefix, rowOf, taskPrefix, vmPrefix } from '../rows.ts';
import type { RouteContext } from './route-context.ts';

export function addClusterMetrics(ctx: RouteContext, registry: Registry): void {
  const { plane, config } = ctx;
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: (of: Gauge<L>) => void,
  ) =>
    new Gauge({
      name: `holdfast_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        read(this);
      },
    });
  gauge('build_info', 'Always 1; the version is a label.', ['version'], (of) => of.set({ version: config.version }, 1));
  addVmGauges(plane, gauge);
  addNodeGauges(ctx, gauge);
  gauge('tasks_active', 'Unfinished tasks by type and status.', ['type', 'status'], (of) => {
    for (const { type, status } of activeTasks(plane)) of.inc({ type, status });
  });
  gauge('store_revision', 'Newest committed revision of the store.', [], (of) => of.set(plane.ctx.store.revision()));
  addCounters(ctx, registry);
}

type AddGauge = <L extends string>(
  name: string,
  help: string,
  labels: readonly L[],
  read: (of: Gauge<L>) => void,
) => unknown;

function* vmsOf({ ctx, model }: ControlPlane) {
  for (const { key } of ctx.store.list(vmPrefix)) {
    const vm = model.get(key.slice(vmPrefix.length));
    if (vm !== undefined) yield vm;
  }
}

function addVmGauges(plane: ControlPlane, gauge: AddGauge): void {
  gauge('vms', 'VMs by phase.', ['phase'], (of) => {
    for (const phase of phases) of.set({ phase }, 0);
    for (const { phase } of vmsOf(plane)) of.inc({ phase });
  });
  gauge('vms_in_sync', 'VMs that are in sync.', [], (of) => {
    of.set([...vmsOf(plane)].filter(({ inSync }) => inSync).length);
  });
  gauge('convergence_ratio', 'Share of VMs that are in sync, rounded down to a hundredth; 1 without VMs.', [], (of) => {
    const vms = [...vmsOf(plane)];
    of.set(convergencePercent(vms.filter(({ inSync }) => inSync).length, vms.length) / 100);
  });
  gauge('vm_reasons', 'VMs in pending, error and orphaned, by the code of their reason.', ['code'], (of) => {
    for (const { phase, reading } of vmsOf(plane)) {
      if (phase === 'pending' || phase === 'error' || phase === 'orphaned') {
        of.inc({ code: reading.reason?.code ?? 'unknown' });
      }
    }
  });
}

function addNodeGauges({ plane, deps }: RouteContext, gauge: AddGauge): void {
  const { store, sessions, config } = plane.ctx;
  const nodes = (): readonly NodeRow[] => store.list(nodePrefix).map((entry) => rowOf<NodeRow>(entry).value);
  gauge('nodes', 'Nodes by health.', ['health'], (of) => {
    for (const { health } of nodes()) of.inc({ health });
  });
  gauge('node_connected', 'Whether the node has a session now.', ['node'], (of) => {
    for (const { name } of nodes()) of.set({ node: name }, sessions.get(name) === undefined ? 0 : 1);
  });
  gauge('node_silence_seconds', 'Time since the node was last heard of; its lease is 30 s.', ['node'], (of) => {
    for (const { name } of nodes()) {
      const heardAt = sessions.heardAt(name);
      if (heardAt !== null) of.set({ node: name }, Math.max(0, deps.clock.now() - heardAt) / 1000);
    }
  });
  gauge('node_vms', 'VMs placed on the node.', ['node'], (of) => {
    for (const { name } of nodes()) of.set({ node: name }, plane.model.index.onNode(name).size);
  });
  gauge('node_allocatable_cpu_cores', 'Cores the node may promise.', ['node'], (of) => {
    for (const node of nodes()) of.set({ node: node.name }, allocatableOf(node.capacity, config.capacity).cpuCores);
  });
  gauge('node_allocatable_memory_bytes', 'Memory the node may promise.', ['node'], (of) => {
    for (const node of nodes()) {
      of.set({ node: node.name }, allocatableOf(node.capacity, config.capacity).memoryMib * 1024 ** 2);
    }
  });
  const allocated = (name: string) => plane.model.index.claimsOn(name).allocated(config.capacity);
  gauge('node_allocated_cpu_cores', 'Cores the node has promised.', ['node'], (of) => {
    for (const { name } of nodes()) of.set({ node: name }, allocated(name).cpuCores);
  });
  gauge('node_allocated_memory_bytes', 'Memory the node has promised, overhead included.', ['node'], (of) => {
    for (const { name } of nodes()) of.set({ node: name }, allocated(name).memoryMib * 1024 ** 2);
  });
}

function* activeTasks({ model }: ControlPlane): Iterable<Task> {
  for (const uid of model.index.uidsWithTasks()) yield* model.index.activeTasks(uid).values();
}

/** Since the start of this control plane. */
function addCounters({ plane, closing }: RouteContext, registry: Registry): void {
  const registers = [registry];
  const tasks = new Counter({
    name: 'holdfast_tasks_finished_total',
    help: 'Tasks that finished, by type and how.',
    labelNames: ['type', 'status'],
    registers,
  });
  const failures = new Counter({
    name: 'holdfast_failures_total',
    help: 'Failures that nodes reported of VMs, by code.',
    labelNames: ['code'],
    registers,
  });
  const count = (event: StoreEvent): void => {
    if (event.type !== 'put') return;
    const { entry, previous } = event;
    if (entry.key.startsWith(taskPrefix)) {
      const { type, status } = rowOf<Task>(entry).value;
      const before = previous === undefined ? null : rowOf<Task>(previous).value.status;
      if (isFinished(status) && (before === null || !isFinished(before))) tasks.inc({ type, status });
    } else if (entry.key.startsWith(observationPrefix)) {
      const reason = failureOf(rowOf<StoredObservation>(entry).value.instance)?.reason;
      const before =
        previous === undefined ? null : failureOf(rowOf<StoredObservation>(previous).value.instance)?.reason;
      if (reason !== undefined && reason.at !== before?.at) failures.inc({ code: reason.code });
    }
  };
  const close = plane.changes.watch(({ events }) => events.forEach(count));
  closing.addEventListener('abort', close, { once: true });
}
