/** The thread that writes the store dies in a control plane that runs: a server that can only refuse must not stay. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotRun, eventually, inSync, isRunning, startCluster, type TestCluster } from './cluster.ts';

test("a control plane whose store's writer thread died ends and is started anew, with all that was acknowledged; VMs run on", {
  skip: cannotRun(),
}, async () => {
  await using cluster = await startCluster([], { NODE_OPTIONS: '--inspect-port=0' });
  await cluster.create('web', { labels: { turn: '0' } });
  await cluster.until('web', 'web runs', isRunning);
  const [before, hypervisors] = [cluster.pidOf('server'), cluster.hypervisors()];
  await cluster.client.request('PATCH', '/v1/vms/web', { body: { labels: { turn: '1' } } });

  // Stopped meanwhile: it starts another one as soon as this one is gone, and that might be faster than a look.
  process.kill(cluster.pidOfUp(), 'SIGSTOP');
  try {
    await endThreads(cluster);
    await eventually('it is not ready', async () => !(await isReady(cluster)) || undefined);
  } finally {
    process.kill(cluster.pidOfUp(), 'SIGCONT');
  }
  await eventually('another control plane is ready', async () => {
    return ((await isReady(cluster)) && cluster.pidOf('server') !== before) || undefined;
  });

  assert.match(
    readFileSync(join(cluster.dataDir, 'server.log'), 'utf8'),
    /^Error: .*writer thread.*\(store_failed\)$/m,
  );
  assert.deepEqual((await cluster.get('web'))['labels'], { turn: '1' });
  await cluster.client.request('PATCH', '/v1/vms/web', { body: { stop: { grace_seconds: 7 } } });
  await cluster.until('web', 'the change has arrived at the node', inSync);
  assert.deepEqual(cluster.hypervisors(), hypervisors);
});

const isReady = (cluster: TestCluster): Promise<boolean> =>
  cluster.client.request('GET', '/readyz').then(
    () => true,
    () => false,
  );

/** Ends every thread of the control plane but its main one: from inside, as a debugger can. */
async function endThreads(cluster: TestCluster): Promise<void> {
  process.kill(cluster.pidOf('server'), 'SIGUSR1');
  const url = await eventually(
    'the inspector listens',
    () => /Debugger listening on (ws:\S+)\s/.exec(readFileSync(join(cluster.dataDir, 'server.log'), 'utf8'))?.[1],
  );
  const inspector = new WebSocket(url);
  const send = (method: string, params: object): void => inspector.send(JSON.stringify({ id: 1, method, params }));
  await new Promise<void>((resolve, reject) => {
    inspector.onerror = () => reject(new Error('The inspector cannot be reached'));
    inspector.onopen = () => send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    inspector.onmessage = ({ data }) => {
      const { method, params } = JSON.parse(String(data)) as { method?: string; params?: { sessionId?: string } };
      if (method === 'NodeWorker.attachedToWorker') {
        const message = { id: 1, method: 'Runtime.evaluate', params: { expression: 'process.exit(3)' } };
        send('NodeWorker.sendMessageToWorker', { sessionId: params?.sessionId, message: JSON.stringify(message) });
      } else if (method === 'NodeWorker.detachedFromWorker') resolve();
    };
  });
  // A process waits at its end for its debugger to leave.
  inspector.close();
}
