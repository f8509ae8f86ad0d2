/**
 * Composition root of the control plane: its store, the REST API, and the listener for agents. A restore ends one life of it
 * and begins the next in the same process.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createSystemClock } from '../adapters/host/system-clock.ts';
import { createSystemRandom } from '../adapters/host/system-random.ts';
import { serveControl } from '../adapters/link/capnp-server.ts';
import { createPinoLog, type LogLevel } from '../adapters/log/pino-log.ts';
import { restoreStore } from '../adapters/store/restore-store.ts';
import { openSqliteStore } from '../adapters/store/sqlite.ts';
import { createApi } from '../control/api/create-api.ts';
import type { ApiServer } from '../control/api/route-context.ts';
import { createStoreMeter } from '../control/api/store-metrics.ts';
import { startControlPlane } from '../control/control-plane.ts';
import { newestTimeIn } from '../control/newest-time.ts';
import type { CapacityLimits } from '../core/placement/resources.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { createSteadyClock, type SteadyClock } from '../ports/steady-clock.ts';
import type { Serving } from '../rpc/serve.ts';
import { ensureAdminToken } from './admin-token.ts';
import { addBackupRoutes, dropScratch } from './backup-routes.ts';
import { parseListen } from './control-address.ts';
import { ensureDataDir, makeDir } from './ensure-data-dir.ts';
import { ended, endOfLife } from './life-line.ts';
import { listenFault, refuseLongSocket } from './listen-fault.ts';
import { addressIn, noteAddress } from './note-address.ts';
import { withdrawFile } from './replace-file.ts';
import { spareMemoryWhenIdle } from './spare-memory.ts';
import { version } from './version.ts';

export interface ServerRoleOptions {
  /** Store and admin token. Held exclusively. */
  readonly dataDir: string;
  /** `HOST:PORT` of the API; port 0 = any free one, written to `server.address`. */
  readonly listen: string;
  /** Unix socket for agents of this machine. */
  readonly nodeSocket: string;
  readonly capacity: CapacityLimits;
  readonly logLevel: LogLevel;
  readonly supervised: boolean;
}

interface ServerDeps {
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Runs until asked to end. Resolves with the exit code. Faults: `data_dir_in_use`, `store_*` (also later: a store that can no
 * longer be written ends it, so that its supervisor starts it anew with what is durable), `address_in_use`.
 */
export async function runServerRole(options: ServerRoleOptions): Promise<number> {
  using _sparing = spareMemoryWhenIdle();
  const signal = endOfLife(options.supervised);
  const clock = createSteadyClock(createSystemClock());
  const random = createSystemRandom(() => clock.now());
  const log = createPinoLog(options.logLevel, { role: 'server' });
  const listen = parseListen(options.listen);
  ensureDataDir(options.dataDir, 0o700);
  const storeFile = join(resolve(options.dataDir), 'store', 'store.db');
  for (;;) {
    const backup = await liveOnce({ clock, random, log }, { ...options, listen }, storeFile, signal);
    if (backup !== null) {
      await restoreFrom(log, backup, storeFile);
      continue;
    }
    // Nobody answers there any more. Under `up` the next one takes the same address.
    if (!options.supervised) withdrawFile(join(options.dataDir, 'server.address'));
    return 0;
  }
}

/** One life: resolves with the backup to restore, or null when asked to end. */
async function liveOnce(
  deps: ServerDeps,
  options: Omit<ServerRoleOptions, 'listen'> & { readonly listen: ReturnType<typeof parseListen> },
  storeFile: string,
  signal: AbortSignal,
): Promise<string | null> {
  const dataDir = resolve(options.dataDir);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const store = await openSqliteStore({ file: storeFile, writer: 'worker', onWrite: createStoreMeter(registry) });
  deps.clock.notBefore(newestTimeIn(store));
  const cutOff = dropScratch(dataDir);
  if (cutOff.length > 0) deps.log.warn('A backup or a restore was cut off; what it left is removed', { files: cutOff });
  const plane = await startControlPlane({ ...deps, store }, { capacity: options.capacity });
  const over = new AbortController();
  let backup: string | null = null;
  for (const end of [signal, store.broken]) {
    end.addEventListener('abort', () => over.abort(), { once: true });
    if (end.aborted) over.abort();
  }
  const onRestore = (file: string): void => {
    backup = file;
    over.abort();
  };
  const addRoutes = (app: ApiServer): void => addBackupRoutes(app, { store, dataDir, random: deps.random, onRestore });
  const api = await createApi({ ...deps, plane, addRoutes, registry, endOfTurn: setImmediate }, { version });
  const nodes = createServer();
  let serving: Serving | null = null;
  try {
    await ensureAdminToken(plane.tokens, join(dataDir, 'admin.token'));
    await listenForNodes(nodes, options.nodeSocket);
    serving = serveControl(nodes, plane.service);
    const addressFile = join(dataDir, 'server.address');
    const listen = sameAsBefore(options.listen, addressFile);
    const address = await api.listen(listen).catch((error: unknown) => {
      throw listenFault(error, listen);
    });
    const noted = noteAddress(deps, { file: addressFile, address }, over.signal);
    deps.log.info('The control plane is ready', { address, epoch: store.epoch, revision: store.revision() });
    await Promise.all([noted, ended(over.signal)]);
  } finally {
    // The API first: who asks whether it is ready is told at once that it is not.
    await Promise.all([api.close(), serving?.close()]);
    nodes.close();
    await plane.stop();
    await store.close();
  }
  store.broken.throwIfAborted();
  return backup;
}

/** `any free port` means one port for the life of an `up`: a control plane that is started again is found where it was. */
function sameAsBefore(listen: { readonly host: string; readonly port: number }, addressFile: string) {
  const before = listen.port === 0 ? addressIn(addressFile) : null;
  return before === null ? listen : { ...listen, port: Number(new URL(before).port) };
}

/** Only this user may connect; a socket left by a killed process is replaced (the store's lock says that it is dead). */
async function listenForNodes(server: ReturnType<typeof createServer>, path: string): Promise<void> {
  refuseLongSocket(path);
  makeDir(resolve(dirname(path)), 0o700);
  rmSync(path, { force: true });
  await new Promise<void>((done, failed) => server.once('error', failed).listen(path, done));
  chmodSync(path, 0o600);
}

/** A backup that is no store changes nothing; the control plane goes on with what it had. */
async function restoreFrom(log: Log, backup: string, storeFile: string): Promise<void> {
  try {
    const { epoch, revision } = await restoreStore(backup, storeFile);
    log.warn('The store was restored from a backup', { epoch, revision });
  } catch (error) {
    log.error('The backup was not restored; the store is as it was', { because: String(error) });
  } finally {
    rmSync(backup, { force: true });
  }
}
