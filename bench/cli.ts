/** (f) `holdfast vm get` from nothing to its output, against Node that only starts. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually, isRunning, root, startCluster } from '../tests/e2e/cluster.ts';
import { median, ms, ratio, spread } from './kit/numbers.ts';
import { plainRow, type Section } from './kit/section.ts';

const rounds = 40;
const run = promisify(execFile);

export async function benchCli(): Promise<Section> {
  await using cluster = await startCluster();
  await cluster.create('web');
  await cluster.until('web', 'web runs', isRunning);
  await eventually('web has booted', async () => {
    const { text } = await cluster.client.request('GET', '/v1/vms/web/logs');
    return text.includes('HOLDFAST-GUEST-READY') ? true : undefined;
  });
  const commands = {
    get: () => cluster.cli('vm', 'get'),
    getOne: () => cluster.cli('vm', 'get', 'web'),
    node: () => run(process.execPath, ['-e', '0'], { cwd: root }),
  };
  const times = { get: [] as number[], getOne: [] as number[], node: [] as number[] };
  await commands.get();
  await commands.get();
  for (let n = 0; n < rounds; n += 1) {
    for (const name of ['get', 'node', 'getOne'] as const) {
      const started = performance.now();
      await commands[name]();
      times[name].push(performance.now() - started);
    }
  }
  const peer = `node -e 0: p50 ${ms(median(times.node))}`;
  return {
    title: '(f) CLI, cold',
    method: `${rounds} rounds of each in turn, every one a new process; the compile cache is warm, as on every but the first use.`,
    rows: [
      {
        what: '`holdfast vm get`',
        measured: spread(times.get),
        against: peer,
        ratio: ratio(median(times.get), median(times.node)),
        target: 'p50 ≤ 150 ms',
        met: median(times.get) <= 150,
      },
      {
        ...plainRow('`holdfast vm get web`', spread(times.getOne), 'p50 ≤ 150 ms', median(times.getOne) <= 150),
        against: peer,
        ratio: ratio(median(times.getOne), median(times.node)),
      },
    ],
  };
}
