/** Composition root of the agent: one node's real host, runtimes, images and journal, and its link to the control plane. */
import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { createHost } from '../adapters/host/create-host.ts';
import { createHealthProber } from '../adapters/host/health-prober.ts';
import { createSystemClock } from '../adapters/host/system-clock.ts';
import { createSystemRandom } from '../adapters/host/system-random.ts';
import { createImageCache } from '../adapters/images/image-cache.ts';
import { createCapnpLink } from '../adapters/link/capnp-client.ts';
import { createPinoLog, type LogLevel } from '../adapters/log/pino-log.ts';
import { createQemuRuntime } from '../adapters/runtime/qemu/create-qemu-runtime.ts';
import { openSqliteStore } from '../adapters/store/sqlite.ts';
import { createAgent } from '../agent/agent.ts';
import { defaultAgentConfig, type UnknownInstances } from '../agent/agent-config.ts';
import { createJournal, journalStore, newestTimeIn } from '../agent/journal/journal.ts';
import { createSteadyClock } from '../ports/steady-clock.ts';
import { dialControl, parseControlAddress } from './control-address.ts';
import { ensureDataDir } from './ensure-data-dir.ts';
import { endOfLife } from './life-line.ts';
import { spareMemoryWhenIdle } from './spare-memory.ts';
import { version } from './version.ts';

/** What the node does about what is not its own: VMs that no assignment names, and control planes of other clusters. */
export interface StrangerPolicy {
  readonly unknownInstances: UnknownInstances | null;
  readonly joinCluster: string | null;
}

/** How often the agent looks at everything, and tells of what changes all the time; null = the default. */
export interface Pace {
  readonly passIntervalMs: number | null;
  readonly metricsMs: number | null;
}

export interface AgentRoleOptions extends StrangerPolicy, Pace {
  /** Everything of this node: journal, instances, image cache. Held exclusively. */
  readonly dataDir: string;
  /** `unix:PATH` or `tcp:HOST:PORT` of the control plane's node listener. */
  readonly control: string;
  readonly node: string;
  /** Where `file:` images may come from. */
  readonly imageDirs: readonly string[];
  readonly allowPrivateImages: boolean;
  readonly logLevel: LogLevel;
  readonly supervised: boolean;
}

/** Runs until asked to end; instances live on. Resolves with the exit code. Faults: `data_dir_in_use`, `journal_corrupt`. */
export async function runAgentRole(options: AgentRoleOptions): Promise<number> {
  using _sparing = spareMemoryWhenIdle();
  const signal = endOfLife(options.supervised);
  const dir = resolve(options.dataDir);
  const address = parseControlAddress(options.control);
  ensureDataDir(dir, 0o700);
  const clock = createSteadyClock(createSystemClock());
  const random = createSystemRandom(() => clock.now());
  const log = createPinoLog(options.logLevel, { role: 'agent', node: options.node });
  const journal = await openSqliteStore({ ...journalStore, file: join(dir, 'journal', 'journal.db') });
  clock.notBefore(newestTimeIn(createJournal(journal).load()));
  const host = createHost();
  const imagesDir = join(dir, 'image-cache');
  const images = createImageCache(
    { clock, log },
    { dir: imagesDir, imageDirs: options.imageDirs, allowPrivate: options.allowPrivateImages },
  );
  const qemu = await createQemuRuntime(
    { host, clock, log },
    { instancesDir: join(dir, 'instances'), imagesDir, keptLogsDir: join(dir, 'kept-logs'), cacheDir: dir },
  );
  const link = createCapnpLink({ dial: (dialSignal) => dialControl(address, dialSignal) });
  const agent = createAgent(
    { clock, random, log, link, host, runtimes: { qemu }, images, journal, prober: createHealthProber() },
    {
      ...defaultAgentConfig,
      node: options.node,
      agentVersion: version,
      capacity: { cpuCores: availableParallelism(), memoryMib: Math.floor(totalmem() / 1024 ** 2) },
      ...(options.passIntervalMs === null ? {} : { passIntervalMs: options.passIntervalMs }),
      ...(options.metricsMs === null ? {} : { metricsMs: options.metricsMs }),
      joinCluster: options.joinCluster,
      ...(options.unknownInstances === null ? {} : { unknownInstances: options.unknownInstances }),
    },
  );
  try {
    await agent.run(signal);
  } finally {
    await journal.close();
  }
  return 0;
}
