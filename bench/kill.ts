/** (c) SIGKILL of a hypervisor → the agent begins to start it again, and → another process is there. */
import { setTimeout as delay } from 'node:timers/promises';
import { eventually, isRunning, startCluster, type TestCluster } from '../tests/e2e/cluster.ts';
import { median, ms, quantile, spread } from './kit/numbers.ts';
import { plainRow, type Section } from './kit/section.ts';
import { actionsOf, epochMs } from './kit/vm-log.ts';

const rounds = 3;
const perRound = 5;

interface Restart {
  readonly begunMs: number;
  readonly processMs: number;
}

export async function benchKill(): Promise<Section> {
  await using cluster = await startCluster();
  const own = await measure(cluster, false);
  const adopted = await measure(cluster, true);
  const rows = [
    ['a process that this agent started', own],
    ['a process that the agent adopted after a restart', adopted],
  ] as const;
  return {
    title: '(c) Process killed → restart begins',
    method:
      'Real QEMU. From SIGKILL until the agent writes the log line with which the start begins, and until another hypervisor ' +
      'process of the VM is seen (looked for every 5 ms). Each VM is killed once, since a second death in a row waits for its backoff.',
    rows: rows.flatMap(([what, restarts]) => {
      const begun = restarts.map(({ begunMs }) => begunMs);
      const there = restarts.map(({ processMs }) => processMs);
      return [
        plainRow(
          `${what}: start begins`,
          `${spread(begun)}, max ${ms(quantile(begun, 1))}`,
          'p50 ≤ 150 ms',
          median(begun) <= 150,
        ),
        plainRow(`${what}: another process is there`, spread(there)),
      ];
    }),
  };
}

async function measure(cluster: TestCluster, adopted: boolean): Promise<readonly Restart[]> {
  const restarts: Restart[] = [];
  for (let round = 0; round < (adopted ? 2 : rounds); round += 1) {
    const names = Array.from({ length: perRound }, (_, n) => `vm-${adopted ? 'a' : 'o'}-${round}-${n}`);
    for (const name of names) await cluster.create(name, { restart_policy: 'always' });
    for (const name of names) await untilBooted(cluster, name);
    if (adopted) await restartAgent(cluster);
    for (const name of names) restarts.push(await killOnce(cluster, name));
    for (const name of names) await cluster.client.request('DELETE', `/v1/vms/${name}`, { query: { wait: 60 } });
  }
  return restarts;
}

async function killOnce(cluster: TestCluster, name: string): Promise<Restart> {
  const { uid } = await cluster.get(name);
  const [pid = 0] = cluster.hypervisors(uid);
  const known = actionsOf(cluster.dataDir).length;
  const killedAt = epochMs();
  process.kill(pid, 'SIGKILL');
  const deadline = performance.now() + 30_000;
  let processMs: number | undefined;
  while (processMs === undefined) {
    if (cluster.hypervisors(uid).some((other) => other !== pid)) processMs = epochMs() - killedAt;
    else if (performance.now() > deadline) throw new Error(`${name} was not started again`);
    else await delay(5);
  }
  const start = actionsOf(cluster.dataDir)
    .slice(known)
    .find((action) => action.uid === uid && action.action === 'start');
  if (start === undefined) throw new Error(`${name} was started without an action`);
  // A guest that boots would slow the next one down.
  await untilBooted(cluster, name, 2);
  return { begunMs: start.at - killedAt, processMs };
}

async function untilBooted(cluster: TestCluster, name: string, times = 1): Promise<void> {
  await cluster.until(name, `${name} runs`, isRunning, 60_000);
  await eventually(
    `${name} has booted`,
    async () => {
      const { text } = await cluster.client.request('GET', `/v1/vms/${name}/logs`);
      return text.split('HOLDFAST-GUEST-READY').length > times ? true : undefined;
    },
    60_000,
  );
}

async function restartAgent(cluster: TestCluster): Promise<void> {
  const agent = cluster.pidOf('agent');
  process.kill(agent, 'SIGKILL');
  await eventually('another agent', () => (cluster.pidOf('agent') === agent ? undefined : true));
  await eventually('the agent has adopted what runs', async () => {
    const { body } = await cluster.client.request('GET', '/v1/status');
    const nodes = (body as { nodes?: readonly { status: { connected: boolean } }[] }).nodes ?? [];
    return nodes[0]?.status.connected === true ? true : undefined;
  });
}
