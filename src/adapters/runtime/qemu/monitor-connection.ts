import { closeSync, constants, openSync } from 'node:fs';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { guestName } from './argv.ts';
import { SOCKETS } from './layout.ts';
import { connectQmp, QMP_CALL_TIMEOUT_MS, type QmpClient } from './qmp-client.ts';

/** Events after which the guest's state or the facts are others than before. */
const CHANGES: ReadonlySet<string> = new Set([
  'STOP',
  'RESUME',
  'SHUTDOWN',
  'RESET',
  'GUEST_PANICKED',
  'DEVICE_DELETED',
  'BLOCK_IO_ERROR',
  'BALLOON_CHANGE',
  'MEMORY_DEVICE_SIZE_CHANGE',
]);

/** The one connection to a monitor: opened when needed, again after it was lost, proven to be the right one. */
export interface MonitorConnection {
  /** Faults: `monitor_failed`, `monitor_silent`, `proof_failed`. */
  open(): Promise<QmpClient>;
  isOpen(): boolean;
  close(): void;
}

/** `onChange` is called when a connection is made or lost and at each event that matters. */
export function createMonitorConnection(
  clock: Clock,
  ref: IncarnationRef,
  dir: string,
  onChange: () => void,
): MonitorConnection {
  let connecting: Promise<QmpClient> | undefined;
  let client: QmpClient | undefined;
  let isClosed = false;

  const connect = async (): Promise<QmpClient> => {
    const fresh = await connectInDir(clock, dir, SOCKETS.qmp, ({ event }) => CHANGES.has(event) && onChange());
    try {
      await proveIdentity(fresh, ref);
    } catch (error) {
      fresh.close();
      throw error;
    }
    if (isClosed) fresh.close();
    client = fresh;
    onChange();
    void fresh.closed.then(() => {
      if (client === fresh) client = undefined;
      if (!isClosed) onChange();
    });
    return fresh;
  };
  return {
    open() {
      if (isClosed) return Promise.reject(new Fault('monitor_failed', 'The monitor was let go'));
      if (client !== undefined && !client.isClosed()) return Promise.resolve(client);
      connecting ??= connect().finally(() => {
        connecting = undefined;
      });
      return connecting;
    },
    isOpen: () => client !== undefined && !client.isClosed(),
    close() {
      isClosed = true;
      client?.close();
    },
  };
}

/**
 * Socket paths are limited to 107 bytes, data directories are not: the way leads through a descriptor of the
 * directory.
 */
export async function connectInDir(
  clock: Clock,
  dir: string,
  socket: string,
  onEvent: Parameters<typeof connectQmp>[2],
): Promise<QmpClient> {
  return inDir(dir, (path) => connectQmp(clock, `${path}/${socket}`, onEvent, clock.timeout(QMP_CALL_TIMEOUT_MS)));
}

/** Runs `use` with a short path to the directory. Fault `monitor_failed` when it is gone. */
export async function inDir<T>(dir: string, use: (path: string) => Promise<T>): Promise<T> {
  let fd: number;
  try {
    fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    throw new Fault('monitor_failed', 'Cannot reach the monitor: its directory is gone');
  }
  try {
    return await use(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

/** F4: uid and incarnation over the monitor. Another one's answer proves nothing and changes nothing. */
async function proveIdentity(client: QmpClient, ref: IncarnationRef): Promise<void> {
  const [uuid, name] = (await Promise.all([client.execute('query-uuid'), client.execute('query-name')])) as [
    { readonly UUID: string },
    { readonly name?: string },
  ];
  if (uuid.UUID.toLowerCase() !== ref.uid || name.name?.split('/')[1] !== guestName(ref).split('/')[1]) {
    throw new Fault('proof_failed', 'The monitor answers for another instance');
  }
}
