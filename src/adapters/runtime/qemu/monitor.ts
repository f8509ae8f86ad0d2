import { closeSync, constants, openSync } from 'node:fs';
import type { GuestState } from '../../../core/instance/evidence.ts';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { guestName } from './argv.ts';
import { SOCKETS } from './layout.ts';
import { connectQmp, QMP_CALL_TIMEOUT_MS, type QmpClient } from './qmp-client.ts';

/** A look at the guest waits this long, then the monitor counts as silent; the question stays open for the next look. */
const LOOK_TIMEOUT_MS = 1_000;
/** A state heard less than this ago is believed without asking: events tell of every change meanwhile. */
const STATE_MAX_AGE_MS = 2_000;

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

export type StateAnswer =
  | { readonly kind: 'answered'; readonly state: GuestState }
  | { readonly kind: 'silent'; readonly because: string };

/** The monitor of one incarnation: connects by itself, proves whose it is, remembers what events told. */
export interface Monitor {
  /** One call, at most 5 s. Faults: `monitor_failed`, `monitor_silent`. */
  call(command: string, args?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<unknown>;
  /** What the guest does: from memory while events keep it true, else asked for. Never throws. */
  look(signal: AbortSignal): Promise<StateAnswer>;
  /** True once after anything changed that `facts` speak of. */
  takeChanged(): boolean;
  markChanged(): void;
  onChange(listener: () => void): () => void;
  close(): void;
}

export function createMonitor(clock: Clock, ref: IncarnationRef, dir: string): Monitor {
  const listeners = new Set<() => void>();
  let connecting: Promise<QmpClient> | undefined;
  let client: QmpClient | undefined;
  let state: { readonly value: GuestState; readonly at: number } | undefined;
  let asked: { readonly answer: Promise<StateAnswer>; readonly at: number } | undefined;
  let changed = true;
  let isClosed = false;

  const change = (): void => {
    state = undefined;
    changed = true;
    for (const listener of [...listeners]) listener();
  };
  const connect = async (): Promise<QmpClient> => {
    const fresh = await connectInDir(clock, dir, SOCKETS.qmp, ({ event }) => CHANGES.has(event) && change());
    try {
      await proveIdentity(fresh, ref);
    } catch (error) {
      fresh.close();
      throw error;
    }
    if (isClosed) fresh.close();
    client = fresh;
    change();
    void fresh.closed.then(() => {
      if (client === fresh) client = undefined;
      if (!isClosed) change();
    });
    return fresh;
  };
  const connected = (): Promise<QmpClient> => {
    if (isClosed) return Promise.reject(new Fault('monitor_failed', 'The monitor was let go'));
    if (client !== undefined && !client.isClosed()) return Promise.resolve(client);
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
  const call: Monitor['call'] = async (command, args, signal) => {
    const open = await raceSignal(connected(), signal);
    return open.execute(command, args, signal);
  };
  const ask = async (): Promise<StateAnswer> => {
    try {
      const { status } = (await call('query-status')) as { readonly status: string };
      const value = readGuestState(status);
      state = { value, at: clock.bootMs() };
      return { kind: 'answered', state: value };
    } catch (error) {
      return { kind: 'silent', because: error instanceof Error ? error.message : String(error) };
    } finally {
      asked = undefined;
    }
  };
  return {
    call,
    async look(signal) {
      if (state !== undefined && client !== undefined && clock.bootMs() - state.at < STATE_MAX_AGE_MS) {
        return { kind: 'answered', state: state.value };
      }
      asked ??= { answer: ask(), at: clock.bootMs() };
      const waited = clock.bootMs() - asked.at;
      const silent = `Monitor did not answer "query-status" within ${Math.max(waited, LOOK_TIMEOUT_MS)} ms`;
      if (waited >= LOOK_TIMEOUT_MS) return { kind: 'silent', because: silent };
      const deadline = clock.timeout(LOOK_TIMEOUT_MS - waited, signal);
      return raceSignal(asked.answer, deadline).catch(() => {
        signal.throwIfAborted();
        return { kind: 'silent', because: silent };
      });
    },
    takeChanged() {
      const was = changed;
      changed = false;
      return was;
    },
    markChanged() {
      changed = true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      listeners.clear();
      client?.close();
    },
  };
}

/** Socket paths are limited to 107 bytes, data directories are not: the way leads through a descriptor of the directory. */
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

/** QEMU's run states in our words. `prelaunch`: started with -S and never let go. */
export function readGuestState(status: string): GuestState {
  switch (status) {
    case 'running':
      return 'running';
    case 'prelaunch':
    case 'inmigrate':
      return 'frozen';
    case 'shutdown':
      return 'powered_off';
    case 'guest-panicked':
      return 'panicked';
    case 'internal-error':
    case 'io-error':
    case 'watchdog':
      return 'internal_error';
    default:
      return 'paused';
  }
}

function raceSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
