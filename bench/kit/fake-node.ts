/**
 * The agent of one node, with the real journal, the real link and a fake runtime: guests cost nothing, so that the agent
 * itself is what is measured. `node fake-node.ts DATA_DIR NODE_SOCKET PASS_INTERVAL_MS`
 */
import { join } from 'node:path';
import { createSystemClock } from '../../src/adapters/host/system-clock.ts';
import { createSystemRandom } from '../../src/adapters/host/system-random.ts';
import { createMemoryImages } from '../../src/adapters/images/memory.ts';
import { MemoryImageDisk, MemoryImageSources } from '../../src/adapters/images/memory-world.ts';
import { createCapnpLink } from '../../src/adapters/link/capnp-client.ts';
import { createPinoLog } from '../../src/adapters/log/pino-log.ts';
import { createFakeRuntime } from '../../src/adapters/runtime/fake/create-fake-runtime.ts';
import { createFakeHost } from '../../src/adapters/runtime/fake/fake-host.ts';
import { createFakeWorld } from '../../src/adapters/runtime/fake/fake-world.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { createAgent } from '../../src/agent/agent.ts';
import { defaultAgentConfig } from '../../src/agent/agent-config.ts';
import { journalStore } from '../../src/agent/journal/journal.ts';
import { dialControl } from '../../src/bin/control-address.ts';
import { spareMemoryWhenIdle } from '../../src/bin/spare-memory.ts';
import type { Log } from '../../src/ports/log.ts';
import { fleetImageUrl } from './fleet-documents.ts';
import { answerQuestions } from './processes.ts';

const [dataDir = '', socket = '', passInterval = ''] = process.argv.slice(2);
spareMemoryWhenIdle();
const clock = createSystemClock();
const random = createSystemRandom(() => clock.now());
/** Who waits for the next action of an instance. */
const waiting = new Map<string, (at: number) => void>();
/** An action that has not begun by then is not to come. */
const actionWithinMs = 30_000;

/** Hears of the lines that say that an action begins; warnings are printed. */
function listeningLog(under: Log): Log {
  return {
    ...under,
    info(message, fields) {
      if (message === 'action') waiting.get(String(fields?.['uid']))?.(epochMs());
    },
    child: () => listeningLog(under),
  };
}

const epochMs = (): number => performance.timeOrigin + performance.now();

const world = createFakeWorld({ clock, random }, { cores: 2, times: { bootMs: 50, shutdownMs: 50 } });
const host = createFakeHost(world);
const sources = new MemoryImageSources();
sources.put(fleetImageUrl, new Uint8Array(512).fill(7));
const agent = createAgent(
  {
    clock,
    random,
    log: listeningLog(createPinoLog('warn', { role: 'bench' })),
    link: createCapnpLink({ dial: (signal) => dialControl({ kind: 'unix', path: socket }, signal) }),
    host: { bootId: host.bootId, cores: world.cores },
    runtimes: { qemu: createFakeRuntime({ world, host }) },
    images: createMemoryImages({ clock }, { sources, disk: new MemoryImageDisk() }),
    journal: await openSqliteStore({ ...journalStore, file: join(dataDir, 'journal', 'journal.db') }),
    prober: null,
  },
  {
    ...defaultAgentConfig,
    node: 'node-1',
    agentVersion: 'bench',
    capacity: { cpuCores: 10_000, memoryMib: 100_000_000 },
    passIntervalMs: Number(passInterval),
  },
);
const ended = agent.run(new AbortController().signal);
ended.catch((error: unknown) => {
  console.error('the agent of the benchmark failed', error);
  process.exit(1);
});

answerQuestions('ready', {
  /** One regular pass: CPU of the whole process meanwhile, and its time, in ms. */
  async pass() {
    const before = process.cpuUsage();
    const started = performance.now();
    await agent.pass();
    const { user, system } = process.cpuUsage(before);
    return { cpuMs: (user + system) / 1000, wallMs: performance.now() - started };
  },
  /** When the next action of an instance begins, in ms since 1970. */
  nextAction: (uid) =>
    new Promise<number>((resolve, reject) => {
      const late = new Error(`no action of ${String(uid)} within ${actionWithinMs} ms`);
      const timer = setTimeout(() => reject(late), actionWithinMs);
      waiting.set(String(uid), (at) => {
        clearTimeout(timer);
        waiting.delete(String(uid));
        resolve(at);
      });
    }),
});
