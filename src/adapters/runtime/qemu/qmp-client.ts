import { createConnection, type Socket } from 'node:net';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import { readReason } from './answers.ts';

/** No verb waits longer for a monitor (spec F2). */
export const QMP_CALL_TIMEOUT_MS = 5_000;
/** Longest line accepted; the longest real answer (device lists) is far below 1 MiB. */
const MAX_LINE_BYTES = 4 * 2 ** 20;
/** Calls waiting on one monitor; a pass makes about ten. */
const MAX_CALLS = 256;

/**
 * Bytes that are read from one monitor in this time; what it says beyond that waits in its socket. Device lists and events
 * of a guest that resets itself are far below; one that was taken over could talk all of the agent's time away.
 */
const HEARD_BYTES_MAX = 512 * 1024;
const HEARD_WITHIN_MS = 100;

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One connection to one monitor, kept for the life of the incarnation. */
export interface QmpClient {
  /**
   * Resolves with the answer. Faults: `monitor_failed` (it refused, or is gone), `monitor_silent` (no answer in
   * time).
   */
  execute(command: string, args?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<unknown>;
  readonly closed: Promise<void>;
  isClosed(): boolean;
  close(): void;
}

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly command: string;
}

/**
 * Connects, awaits the greeting and negotiates. `onEvent` is called in order, never after `closed`.
 * A monitor serves one client: a second one gets no greeting, so this ends with `monitor_silent`.
 */
export async function connectQmp(
  clock: Clock,
  path: string,
  onEvent: (event: QmpEvent) => void,
  signal: AbortSignal,
): Promise<QmpClient> {
  const socket = createConnection({ path });
  const greeting = Promise.withResolvers<void>();
  const client = speakQmp(clock, socket, onEvent, greeting.resolve);
  const giveUp = (): void => greeting.reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  socket.once('error', (error) =>
    greeting.reject(
      new Fault(
        'monitor_failed',
        `Cannot reach the monitor: ${(error as NodeJS.ErrnoException).code ?? 'connection failed'}`,
      ),
    ),
  );
  socket.once('close', () => greeting.reject(new Fault('monitor_failed', 'The monitor closed the connection')));
  try {
    signal.throwIfAborted();
    await greeting.promise;
    await client.execute('qmp_capabilities', {}, signal);
    return client;
  } catch (error) {
    client.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** The protocol over a connected socket: numbered calls, answers matched by id, events handed on. */
function speakQmp(clock: Clock, socket: Socket, onEvent: (event: QmpEvent) => void, onGreeting: () => void): QmpClient {
  const calls = new Map<number, Call>();
  let nextId = 1;
  let isClosed = false;
  let pending = '';
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      for (const call of calls.values()) {
        call.reject(new Fault('monitor_failed', `Monitor closed before it answered "${call.command}"`));
      }
      calls.clear();
      resolve();
    });
  });
  const onMessage = (line: string): void => {
    const message = JSON.parse(line) as Record<string, unknown>;
    if ('QMP' in message) onGreeting();
    else if (typeof message['event'] === 'string') {
      onEvent({ event: message['event'], data: (message['data'] ?? {}) as QmpEvent['data'] });
    } else settle(calls, message);
  };
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  hearAShare(clock, socket);
  socket.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    try {
      if (pending.length > MAX_LINE_BYTES) throw new Error('line too long');
      for (const line of lines) if (line.trim() !== '' && !isClosed) onMessage(line);
    } catch {
      // Not a monitor, or one gone mad: nothing it says afterwards can be trusted.
      socket.destroy();
    }
  });
  return {
    closed,
    isClosed: () => isClosed || socket.destroyed,
    close: () => socket.destroy(),
    execute(command, args = {}, signal) {
      if (isClosed || socket.destroyed) {
        return Promise.reject(new Fault('monitor_failed', `Cannot call "${command}": the monitor is gone`));
      }
      if (calls.size >= MAX_CALLS) {
        return Promise.reject(new Fault('monitor_silent', `Cannot call "${command}": ${MAX_CALLS} calls wait already`));
      }
      const id = nextId++;
      const deadline = clock.timeout(QMP_CALL_TIMEOUT_MS, signal);
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          calls.delete(id);
          reject(signal?.aborted ? signal.reason : silent(command));
        };
        const done = <T>(settleCall: (value: T) => void) => {
          return (value: T): void => {
            deadline.removeEventListener('abort', onAbort);
            settleCall(value);
          };
        };
        deadline.addEventListener('abort', onAbort, { once: true });
        if (deadline.aborted) return onAbort();
        calls.set(id, { command, resolve: done(resolve), reject: done(reject) });
        socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      });
    },
  };
}

/** Lets a socket rest that has said more than enough for its time. */
function hearAShare(clock: Clock, socket: Socket): void {
  let since = clock.bootMs();
  let heard = 0;
  socket.on('data', (chunk) => {
    const now = clock.bootMs();
    if (now - since >= HEARD_WITHIN_MS) {
      since = now;
      heard = 0;
    }
    heard += chunk.length;
    if (heard <= HEARD_BYTES_MAX) return;
    socket.pause();
    void clock.sleep(HEARD_WITHIN_MS).then(() => socket.resume());
  });
}

function settle(calls: Map<number, Call>, message: Readonly<Record<string, unknown>>): void {
  const id = message['id'];
  const call = typeof id === 'number' ? calls.get(id) : undefined;
  if (call === undefined || typeof id !== 'number') return;
  calls.delete(id);
  const error = message['error'] as { readonly desc?: unknown } | null | undefined;
  if (error === undefined) call.resolve(message['return']);
  else call.reject(new Fault('monitor_failed', `Monitor refused "${call.command}": ${readReason(error?.desc)}`));
}

const silent = (command: string): Fault =>
  new Fault('monitor_silent', `Monitor did not answer "${command}" within ${QMP_CALL_TIMEOUT_MS} ms`);
