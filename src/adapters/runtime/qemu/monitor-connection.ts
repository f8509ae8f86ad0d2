import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { IncarnationRef, WatchListeners } from '../../../ports/runtime.ts';
import { guestName } from './argv.ts';
import { SOCKETS } from './layout.ts';
import { createOwnReboots } from './own-reboots.ts';
import { connectQmp, QMP_CALL_TIMEOUT_MS, type QmpClient, type QmpEvent } from './qmp-client.ts';
import { type SocketPlace, throughSocket } from './socket-place.ts';

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
  /** A reset is about to be ordered: it is none by hand. */
  orderReset(): void;
  close(): void;
}

/** `change` is called when a connection is made or lost and at each event that matters; `reboot` when no order was behind it. */
export function createMonitorConnection(
  clock: Clock,
  ref: IncarnationRef,
  place: SocketPlace,
  on: WatchListeners,
): MonitorConnection {
  let connecting: Promise<QmpClient> | undefined;
  let client: QmpClient | undefined;
  let isClosed = false;

  const reboots = createOwnReboots(clock);
  const heard = ({ event, data }: QmpEvent): void => {
    if (CHANGES.has(event)) on.change();
    const by = event === 'RESET' ? reboots.heard(data['guest'] === true) : null;
    if (by !== null) on.reboot(by);
  };
  const connect = async (): Promise<QmpClient> => {
    const fresh = await throughSocket(place, SOCKETS.qmp, (path) =>
      connectQmp(clock, path, heard, clock.timeout(QMP_CALL_TIMEOUT_MS)),
    );
    try {
      await proveIdentity(fresh, ref);
    } catch (error) {
      fresh.close();
      throw error;
    }
    if (isClosed) fresh.close();
    client = fresh;
    on.change();
    void fresh.closed.then(() => {
      if (client === fresh) client = undefined;
      if (!isClosed) on.change();
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
    orderReset: reboots.ordered,
    close() {
      isClosed = true;
      client?.close();
    },
  };
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
