import type { GuestState } from '../../../core/instance/evidence.ts';
import type { Clock } from '../../../ports/clock.ts';
import { raceSignal } from '../../../ports/race-signal.ts';
import type { IncarnationRef, RebootBy } from '../../../ports/runtime.ts';
import { createMonitorConnection } from './monitor-connection.ts';
import type { SocketPlace } from './socket-place.ts';

/**
 * A look at the guest waits this long, then the monitor counts as silent; the question stays open for the next look.
 */
const LOOK_TIMEOUT_MS = 1_000;
/** A state heard less than this ago is believed without asking: events tell of every change meanwhile. */
const STATE_MAX_AGE_MS = 2_000;

export type StateAnswer =
  | { readonly kind: 'answered'; readonly state: GuestState }
  | { readonly kind: 'silent'; readonly because: string };

/** The monitor of one incarnation: connects by itself, proves whose it is, remembers what events told. */
export interface Monitor {
  /** Resolves once it has answered who it is. Faults: as `call`, and `proof_failed`. */
  connect(signal: AbortSignal): Promise<void>;
  /** One call, at most 5 s. Faults: `monitor_failed`, `monitor_silent`. */
  call(command: string, args?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<unknown>;
  /** What the guest does: from memory while events keep it true, else asked for. Never throws. */
  look(signal: AbortSignal): Promise<StateAnswer>;
  /** True once after anything changed that `facts` speak of. */
  takeChanged(): boolean;
  markChanged(): void;
  onChange(listener: () => void): () => void;
  /** Presses the reset button. Faults: as `call`. */
  reset(signal: AbortSignal): Promise<void>;
  /** Called when the guest begins anew without an order of ours; answers how to stop listening. */
  onReboot(listener: (by: RebootBy) => void): () => void;
  close(): void;
}

export function createMonitor(clock: Clock, ref: IncarnationRef, place: SocketPlace): Monitor {
  const listeners = createListeners<[]>();
  const rebootListeners = createListeners<[by: RebootBy]>();
  let state: { readonly value: GuestState; readonly at: number } | undefined;
  let asked: { readonly answer: Promise<StateAnswer>; readonly at: number } | undefined;
  let changed = true;

  const change = (): void => {
    state = undefined;
    changed = true;
    listeners.tell();
  };
  const connection = createMonitorConnection(clock, ref, place, { change, reboot: rebootListeners.tell });
  const call: Monitor['call'] = async (command, args, signal) => {
    const open = await (signal === undefined ? connection.open() : raceSignal(connection.open(), signal));
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
    async connect(signal) {
      await raceSignal(connection.open(), signal);
    },
    call,
    async look(signal) {
      if (state !== undefined && connection.isOpen() && clock.bootMs() - state.at < STATE_MAX_AGE_MS) {
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
    async reset(signal) {
      connection.orderReset();
      await call('system_reset', {}, signal);
    },
    onChange: listeners.add,
    onReboot: rebootListeners.add,
    close() {
      listeners.clear();
      rebootListeners.clear();
      connection.close();
    },
  };
}

function createListeners<News extends readonly unknown[]>() {
  const all = new Set<(...news: News) => void>();
  return {
    add(listener: (...news: News) => void): () => void {
      all.add(listener);
      return () => all.delete(listener);
    },
    tell(...news: News): void {
      for (const listener of [...all]) listener(...news);
    },
    clear: (): void => all.clear(),
  };
}

/**
 * QEMU's run states in our words. `prelaunch`: started with -S and never let go. `io-error`: the host had no room for a
 * write (`werror` is `enospc`: any other error is the guest's to deal with).
 */
export function readGuestState(status: string): GuestState {
  switch (status) {
    case 'running':
      return 'running';
    case 'prelaunch':
    case 'inmigrate':
      return 'frozen';
    case 'io-error':
      return 'io_error';
    case 'shutdown':
      return 'powered_off';
    case 'guest-panicked':
      return 'panicked';
    case 'internal-error':
    case 'watchdog':
      return 'internal_error';
    default:
      return 'paused';
  }
}
