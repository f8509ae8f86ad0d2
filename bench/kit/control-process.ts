/**
 * The control plane as `holdfast server` puts it together, with two levers that the product has not: a sync that takes
 * longer, and a look at how long the loop was blocked. `node control-process.ts DATA_DIR SYNC_DELAY_MS`
 */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { createSystemClock } from '../../src/adapters/host/system-clock.ts';
import { createSystemRandom } from '../../src/adapters/host/system-random.ts';
import { serveControl } from '../../src/adapters/link/capnp-server.ts';
import { createPinoLog } from '../../src/adapters/log/pino-log.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { spareMemoryWhenIdle } from '../../src/bin/spare-memory.ts';
import { createApi } from '../../src/control/api/create-api.ts';
import { startControlPlane } from '../../src/control/control-plane.ts';
import { answerQuestions } from './processes.ts';

const [dataDir = '', syncDelay = '0'] = process.argv.slice(2);
spareMemoryWhenIdle();
const clock = createSystemClock();
const random = createSystemRandom(() => clock.now());
const log = createPinoLog('warn', { role: 'bench' });
const syncDelayMs = Number(syncDelay);
const store = await openSqliteStore({
  file: join(dataDir, 'store', 'store.db'),
  writer: 'worker',
  testHooks: syncDelayMs === 0 ? {} : { syncDelayMs },
});
const plane = await startControlPlane({ store, clock, random, log });
const api = await createApi({ clock, random, log, plane, endOfTurn: setImmediate });
const nodes = createServer().listen(join(dataDir, 'node.sock'));
serveControl(nodes, plane.service);
const address = await api.listen({ host: '127.0.0.1', port: 0 });
const token = (await plane.tokens.create('user:bench', 'admin')).reveal();

const delay = monitorEventLoopDelay({ resolution: 1 });
const gc: PerformanceEntry[] = [];
new PerformanceObserver((list) => gc.push(...list.getEntries())).observe({ entryTypes: ['gc'] });

answerQuestions(
  { address, token },
  {
    /** The resolution of the monitor, 1 ms, is taken off: what is left is how long the loop was late. */
    blocked: () => {
      delay.disable();
      const gcMs = Math.max(0, ...gc.splice(0).map(({ duration }) => duration));
      const result = {
        maxMs: Math.max(0, delay.max / 1e6 - 1),
        p99Ms: Math.max(0, delay.percentile(99) / 1e6 - 1),
        gcMs,
      };
      delay.reset();
      delay.enable();
      return result;
    },
    cpu: () => process.cpuUsage(),
    memory: () => process.memoryUsage(),
  },
);
