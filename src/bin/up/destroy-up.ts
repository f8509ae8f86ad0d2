/**
 * `holdfast up --destroy`: deletes every VM through the API as a user would, and what the node runs beside them by its own
 * policy, so that nothing of them is left on the host; then ends and removes what `up` made in its data directory. What it
 * did not make stays.
 */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ApiClient } from '../../client/api-client.ts';
import type { NodeDocument } from '../../client/documents.ts';
import { listAll } from '../../client/list-all.ts';
import type { VmDocument } from '../../client/vm-document.ts';
import { Fault, faultCode } from '../../core/kit/fault.ts';
import { type InstanceDir, listInstanceDirs } from './list-instance-dirs.ts';
import { patientClient } from './patient-client.ts';
import { type UpDeps, type UpOptions, withUp } from './run-up.ts';
import { upPaths } from './up-paths.ts';

/** All VMs must be gone within this time: each delete kills at once, only slow disks take longer. */
const goneWithinMs = 120_000;
/** The wait where only nodes that are not connected have VMs left: an agent that runs connects sooner than this. */
const awayWithinMs = 20_000;
const pollMs = 200;

/** What `up`, `server` and `agent` make below the data directory; images that a user put there stay. */
const made = [
  /^(agent|node\.sock|lock\.db.*|\.room)$/,
  /^(server\.address|admin\.token|server\.pid|agent\.pid)(\.new)?$/,
  /^(server|agent)\.(log|log\.1)$/,
  /^store$/,
  /^(backup|restore)-[0-9a-f]+\.db$/,
];

export async function destroyUp(deps: UpDeps, options: UpOptions & { readonly yes: boolean }): Promise<number> {
  const { dataDir } = options;
  if (!existsSync(dataDir)) {
    deps.print(`There is nothing in ${dataDir}`);
    return 0;
  }
  if (!options.yes) {
    if (!deps.isTerminal) {
      throw new Fault('confirmation_required', 'Destroying everything must be confirmed, and there is no terminal');
    }
    if (!(await deps.confirm(`Delete every VM and its disks below ${dataDir}? [y/N] `))) return 0;
  }
  const destroying: UpOptions = { ...options, unknownInstances: 'destroy' };
  const act = (client: ApiClient): Promise<void> =>
    deleteAll(deps, patientClient(client, deps, upPaths(dataDir).serverLog), dataDir);
  try {
    await withUp(deps, destroying, act);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'wrong_cluster') throw error;
    if (!(await mayDestroyForeign(deps, options, error))) return 0;
    await withUp(deps, { ...destroying, joinCluster: String(error.details['cluster_id']) }, act);
  }
  removeMade(dataDir);
  deps.print(`Removed what Holdfast made in ${dataDir}`);
  return 0;
}

/**
 * VMs of a cluster whose store is not here go only when somebody says so of them: a store can also be absent because its
 * disk is not mounted.
 */
async function mayDestroyForeign(deps: UpDeps, { dataDir, node }: UpOptions, refusal: Fault): Promise<boolean> {
  const { cluster_id: clusterId, node_cluster_id: foreign } = refusal.details;
  const names = (await listInstanceDirs(dataDir)).map(({ name }) => name);
  if (names.length === 0) return true;
  const what = `node "${node}" belongs to cluster "${foreign}", whose store is not here, and has ${names.length} VM(s) of it`;
  if (deps.isTerminal) return await deps.confirm(`The ${what}: ${names.join(', ')}. Destroy them too? [y/N] `);
  throw new Fault('wrong_cluster', `Cannot destroy: ${what}: ${names.join(', ')}`, {
    retry: 'never',
    details: {
      next_action:
        'Put that store back if it only is elsewhere. To destroy them all the same: ' +
        `'holdfast up --destroy --yes --data-dir ${dataDir} --join-cluster ${clusterId}'`,
    },
  });
}

async function deleteAll(deps: UpDeps, client: ApiClient, dataDir: string): Promise<void> {
  const startedMs = deps.clock.bootMs();
  const asked = new Set<string>();
  const seen = new Set<string>();
  /** Uids of VMs that had files here. */
  const here = new Set<string>();
  let goingMs = startedMs;
  for (;;) {
    const vms = await listAll<VmDocument>(client, '/v1/vms', {}, deps.interrupted);
    const nodes = (await client.request('GET', '/v1/nodes')).body as unknown as {
      readonly items: readonly NodeDocument[];
    };
    const dirs = await listInstanceDirs(dataDir);
    for (const { uid } of [...vms.items, ...dirs]) seen.add(uid);
    for (const { uid } of dirs) here.add(uid);
    const left = listLeft({ vms: vms.items, nodes: nodes.items, dirs, here });
    if (left.length === 0) break;
    for (const { name, uid } of vms.items.filter((vm) => !asked.has(vm.uid))) {
      if (await deleteOne(client, name)) asked.add(uid);
    }
    const nowMs = deps.clock.bootMs();
    if (left.some(({ away }) => away === null)) goingMs = nowMs;
    refuseToWait(left, { ofAll: nowMs - startedMs, ofAway: nowMs - goingMs });
    await deps.clock.sleep(pollMs, deps.interrupted);
  }
  deps.print(`Deleted ${seen.size} VM(s).`);
}

/** A VM that is not gone yet, with what it waits for; `away` names its node where that is not connected. */
interface Left {
  readonly name: string;
  readonly waits: string;
  readonly away: string | null;
}

interface World {
  readonly vms: readonly VmDocument[];
  readonly nodes: readonly NodeDocument[];
  readonly dirs: readonly InstanceDir[];
  readonly here: ReadonlySet<string>;
}

/**
 * What a node that is not connected said of unknown runtimes counts for nothing, and a VM of one is gone when its files were here
 * and are not any more: that node was another name of this directory.
 */
function listLeft({ vms, nodes, dirs, here }: World): readonly Left[] {
  const connected = nodes.filter(({ status }) => status.connected);
  const inDirs = new Set(dirs.map(({ uid }) => uid));
  const left = vms.map(({ name, uid, status: { node, phase, waiting } }) => {
    const away = node === null || connected.some((known) => known.name === node) ? null : node;
    const waits = away === null ? (waiting?.message ?? `it is ${phase}`) : `node "${away}" is not connected`;
    return { name, uid, waits, away };
  });
  const named = new Set(left.map(({ uid }) => uid));
  const unknown = connected.flatMap(({ name: node, status }) =>
    status.unassigned.map(({ uid, name }) => ({ uid, name: name ?? uid, waits: `it runs on node "${node}"` })),
  );
  const files = dirs.map(({ uid, name }) => ({ uid, name, waits: 'its files are still there' }));
  return [
    ...left.filter(({ uid, away }) => away === null || !here.has(uid) || inDirs.has(uid)),
    ...[...unknown, ...files].filter(({ uid }) => !named.has(uid)).map((other) => ({ ...other, away: null })),
  ];
}

/** Faults `timeout`, `node_unreachable`, with what is still waited for. */
function refuseToWait(
  left: readonly Left[],
  { ofAll, ofAway }: { readonly ofAll: number; readonly ofAway: number },
): void {
  if (ofAll <= goneWithinMs && ofAway <= awayWithinMs) return;
  const waits = left.map(({ name, waits: what }) => `VM "${name}": ${what}`).join('; ');
  if (left.some(({ away }) => away === null)) throw new Fault('timeout', `Cannot destroy everything yet. ${waits}`);
  throw new Fault('node_unreachable', `Cannot destroy what runs elsewhere. ${waits}`, {
    details: {
      next_action:
        "Start the agents of these nodes while 'holdfast up --destroy' runs. To give up what they run: 'holdfast up', in it " +
        "'holdfast vm delete NAME --forget' for each of these VMs, then this command again",
    },
  });
}

/** False where others depend on it: they have to be asked to go first. */
async function deleteOne(client: ApiClient, name: string): Promise<boolean> {
  try {
    // `destroy` says all of them; protection guards against deletes that were not meant.
    await client.request('PATCH', `/v1/vms/${name}`, { body: { deletion_protection: false } });
    await client.request('DELETE', `/v1/vms/${name}`);
  } catch (error) {
    if (faultCode(error) === 'has_dependents') return false;
    if (!['being_deleted', 'not_found'].includes(faultCode(error))) throw error;
  }
  return true;
}

function removeMade(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (made.some((pattern) => pattern.test(name))) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
  const socketDir = dirname(upPaths(dataDir).nodeSocket);
  if (socketDir !== dataDir) rmSync(socketDir, { recursive: true, force: true });
  if (readdirSync(dataDir).length === 0) rmdirSync(dataDir);
}
