/**
 * The control plane as one object: what agents connect to, what requests read and write, and the loops between them.
 * Knows no HTTP, so that the simulator drives it directly.
 *
 *   request ─► operations ─commit─► store ─watch─► indexes, watch hub
 *                                         ─watch─► visible changes ─► publisher, scheduler, task engine, retention
 *   agent ─► control service ─report─► ingest ─commit─► store
 */
import { Fault } from '../core/kit/fault.ts';
import type { ControlService } from '../ports/control-link.ts';
import { startAssignmentPublisher } from './assignment-publisher.ts';
import { type ControlConfig, type ControlDeps, defaultControlConfig } from './control-config.ts';
import { createControlService } from './control-service.ts';
import { createIngest } from './ingest-report.ts';
import { createMutator } from './mutate.ts';
import { startNodeHealth } from './node-health.ts';
import { NodeSessions } from './node-sessions.ts';
import type { OperationContext } from './operations/context.ts';
import type { SyncDeps } from './operations/sync-verb-vm.ts';
import { createReadModel, type ReadModel } from './read-model.ts';
import { startRetention } from './retention.ts';
import { type ClusterRow, clusterKey, put, readRow } from './rows.ts';
import { startScheduler } from './scheduler.ts';
import { startTaskEngine } from './task-engine.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { followVisibleChanges, type VisibleChanges } from './visible-changes.ts';
import { startWatchHub, type WatchHub } from './watch-hub.ts';

export interface ControlPlane {
  readonly clusterId: string;
  readonly startedAt: number;
  /** For agents. */
  readonly service: ControlService;
  /** For the functions of `operations/`. */
  readonly ctx: OperationContext;
  readonly sync: SyncDeps;
  readonly model: ReadModel;
  readonly changes: VisibleChanges;
  readonly watches: WatchHub;
  readonly tokens: Tokens;
  /** Ends sessions and loops; the store stays open, it is its maker's. */
  stop(): Promise<void>;
}

export async function startControlPlane(
  deps: ControlDeps,
  overrides: Partial<ControlConfig> = {},
): Promise<ControlPlane> {
  const config: ControlConfig = { ...defaultControlConfig, ...overrides };
  const { store, clock } = deps;
  const { clusterId } = await ensureCluster(deps, config);
  const model = createReadModel({ store, clock });
  const changes = followVisibleChanges(store);
  const withModel = { ...deps, model, changes };
  const sessions = new NodeSessions(deps);
  const ctx: OperationContext = { ...deps, config, model, sessions, mutator: createMutator(deps) };
  const publisher = startAssignmentPublisher(withModel, clusterId);
  const ingest = createIngest({ ...withModel, architecture: config.architecture });
  const health = startNodeHealth({ ...deps, sessions, config });
  const scheduler = startScheduler({ ...withModel, limits: config.capacity });
  const tasks = startTaskEngine(withModel);
  const retention = startRetention({ ...withModel, config });
  const watches = startWatchHub(withModel);
  const tokens = createTokens(deps);
  const service = createControlService({ ...deps, config, clusterId, sessions, publisher, ingest, health });
  return {
    clusterId,
    startedAt: clock.now(),
    service,
    ctx,
    sync: { ctx, ingest: ingest.observation },
    model,
    changes,
    watches,
    tokens,
    async stop() {
      const ended = sessions.endAll('the control plane stops');
      scheduler.close();
      tasks.close();
      retention.close();
      publisher.close();
      changes.close();
      tokens.close();
      await Promise.all([ended, health.stop(), scheduler.stop(), tasks.stop(), retention.stop(), watches.stop()]);
      model.close();
    },
  };
}

/** The identity of the cluster, made once for the life of the store. */
async function ensureCluster(
  { store, clock, random }: ControlDeps,
  { architecture }: ControlConfig,
): Promise<ClusterRow> {
  const known = readRow<ClusterRow>(store, clusterKey);
  if (known !== undefined) return known.value;
  const row: ClusterRow = { clusterId: random.uuid(), createdAt: clock.now(), architecture };
  const result = await store.commit({
    expect: [{ key: clusterKey, modRevision: 0 }],
    put: [put(clusterKey, row)],
  });
  const made = readRow<ClusterRow>(store, clusterKey);
  if (!result.ok && made === undefined)
    throw new Fault('conflict', 'Cannot name the cluster: another writer was first');
  return made?.value ?? row;
}
