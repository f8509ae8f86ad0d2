/**
 * `holdfast up --destroy`: deletes every VM through the API as a user would, so that nothing of them is left on the host,
 * then ends and removes what `up` made in its data directory. What it did not make stays.
 */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ApiClient } from '../../client/api-client.ts';
import { listAll } from '../../client/list-all.ts';
import { Fault } from '../../core/kit/fault.ts';
import { type UpDeps, type UpOptions, withUp } from './run-up.ts';
import { upPaths } from './up-paths.ts';

/** All VMs must be gone within this time: each delete kills at once, only slow disks take longer. */
const goneWithinMs = 120_000;
const pollMs = 200;

/** What `up`, `server` and `agent` make below the data directory; images that a user put there stay. */
const made = [
  /^(agent|node\.sock|server\.address|admin\.token|lock\.db.*)$/,
  /^(server|agent)\.(pid|log|log\.1)$/,
  /^store$/,
  /^(backup|restore)-[0-9a-f]+\.db$/,
];

export async function destroyUp(deps: UpDeps, options: UpOptions & { readonly yes: boolean }): Promise<number> {
  if (!existsSync(options.dataDir)) {
    deps.print(`There is nothing in ${options.dataDir}`);
    return 0;
  }
  if (!options.yes) {
    if (!deps.isTerminal) {
      throw new Fault('confirmation_required', 'Destroying everything must be confirmed, and there is no terminal');
    }
    if (!(await deps.confirm(`Delete every VM and its disks below ${options.dataDir}? [y/N] `))) return 0;
  }
  await withUp(deps, options, async (client) => {
    await deleteAll(deps, client);
    return 0;
  });
  removeMade(options.dataDir);
  deps.print(`Removed what Holdfast made in ${options.dataDir}`);
  return 0;
}

async function deleteAll(deps: UpDeps, client: ApiClient): Promise<void> {
  const deadline = deps.clock.bootMs() + goneWithinMs;
  const asked = new Set<string>();
  for (;;) {
    const { items } = await listAll<{ name: string; uid: string }>(client, '/v1/vms', {}, deps.interrupted);
    if (items.length === 0) break;
    for (const { name, uid } of items.filter((vm) => !asked.has(vm.uid))) {
      asked.add(uid);
      // `destroy` says all of them; protection guards against deletes that were not meant.
      await client.request('PATCH', `/v1/vms/${name}`, { body: { deletion_protection: false } }).catch(ignoreDeleted);
      await client.request('DELETE', `/v1/vms/${name}`).catch(ignoreDeleted);
    }
    if (deps.clock.bootMs() > deadline) {
      throw new Fault('timeout', `Cannot destroy: ${items.map(({ name }) => name).join(', ')} are still being deleted`);
    }
    await deps.clock.sleep(pollMs, deps.interrupted);
  }
  deps.print(`Deleted ${asked.size} VM(s).`);
}

function ignoreDeleted(error: unknown): void {
  if (error instanceof Fault && ['being_deleted', 'not_found'].includes(error.code)) return;
  throw error;
}

function removeMade(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (made.some((pattern) => pattern.test(name))) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
  const socketDir = dirname(upPaths(dataDir).nodeSocket);
  if (socketDir !== dataDir) rmSync(socketDir, { recursive: true, force: true });
  if (readdirSync(dataDir).length === 0) rmdirSync(dataDir);
}
