/** Ctrl-C on a terminal: what runs on the node outlives `up`, unless the user wants it stopped too. */
import type { ApiClient } from '../../client/api-client.ts';
import type { NodeDocument } from '../../client/documents.ts';
import { listAll } from '../../client/list-all.ts';
import type { VmDocument } from '../../client/vm-document.ts';
import { faultCode } from '../../core/kit/fault.ts';
import type { UpDeps } from './run-up.ts';
import { stopAndWait } from './stop-and-wait.ts';

export async function offerToStop(
  deps: Pick<UpDeps, 'print' | 'warn' | 'confirm' | 'interrupted'>,
  client: ApiClient,
  node: string,
): Promise<void> {
  const live = await listLive(client, node).catch((error: unknown) => {
    // A signal to the whole group (Ctrl-C is none: `up` alone heeds it) ends the control plane too, and perhaps first.
    deps.print('The VMs go on running; the same command adopts them again.');
    // Nobody who waits for an end can do anything about it; a person at Ctrl-C may want to know why nothing was asked.
    if (byPerson(deps.interrupted))
      deps.warn(`Cannot ask about them: ${error instanceof Error ? error.message : error}`);
    return null;
  });
  if (live === null) return;
  const { declared, unassigned } = live;
  // Nobody declared these, so nobody can ask for their stop.
  const left =
    unassigned.length === 0 ? '' : `, and ${unassigned.length} that nobody declared (${unassigned.join(', ')})`;
  if (declared.length === 0) {
    if (left !== '')
      deps.print(`${unassigned.length} VM(s) that nobody declared go on running: ${unassigned.join(', ')}.`);
    return;
  }
  const stop =
    byPerson(deps.interrupted) && (await deps.confirm(`${declared.length} VM(s) run${left}. Stop them too? [y/N] `));
  if (!stop) {
    deps.print(`${declared.length} VM(s) go on running${left}; the same command adopts them again.`);
    return;
  }
  const failures = (await Promise.all(declared.map((name) => stopAndWait(client, name)))).filter((why) => why !== null);
  for (const why of failures) deps.print(why);
  deps.print(
    `${declared.length - failures.length} VM(s) stopped.${left === '' ? '' : ` These go on running: ${unassigned.join(', ')}.`}`,
  );
}

/** Only a person at Ctrl-C is asked; a service manager's SIGTERM leaves instances alone. */
const byPerson = (interrupted: AbortSignal): boolean => faultCode(interrupted.reason) === 'interrupted';

/** What has a process on the node, whatever its phase says: one that stops, fails its checks or waits in error has one too. */
async function listLive(
  client: ApiClient,
  node: string,
): Promise<{ readonly declared: readonly string[]; readonly unassigned: readonly string[] }> {
  // The user has asked for the end already: nothing here waits for another signal.
  const { items } = await listAll<VmDocument>(client, '/v1/vms', {}, new AbortController().signal);
  const { body } = await client.request('GET', '/v1/nodes');
  const nodes = (body as unknown as { readonly items: readonly NodeDocument[] }).items;
  return {
    declared: items.filter(({ status }) => status.node === node && status.incarnation !== null).map(({ name }) => name),
    unassigned: nodes
      .filter(({ name }) => name === node)
      .flatMap(({ status }) => status.unassigned)
      .filter(({ state }) => state === 'running')
      .map(({ name, uid }) => name ?? uid),
  };
}
