import type { Socket } from 'node:net';
import type { Clock } from '../../../ports/clock.ts';
import { pause } from '../../../ports/pause.ts';

/** Input waiting for a guest that does not read; more is dropped, as a real serial line would. */
const MAX_INPUT_BYTES = 64 * 1024;
/** A guest in which nobody reads the line, for want of a login on it, would hold the connection open for as long as it lives. */
const READ_WITHIN_MS = 60_000;

export interface Typing {
  type(data: Uint8Array): void;
  close(): void;
}

/**
 * Hands on what is typed, in its order: a connection for what waits, whose other side is closed at once, so that QEMU ends it
 * when the guest has read all of it. What it does not read in time is dropped.
 */
export function createTyping(clock: Pick<Clock, 'sleep'>, open: () => Promise<Socket>): Typing {
  let waiting: Buffer[] = [];
  /** With what is on its way. */
  let bytes = 0;
  let isBusy = false;
  let isClosed = false;
  let socket: Socket | undefined;

  const handOn = async (): Promise<void> => {
    const sent = Buffer.concat(waiting);
    waiting = [];
    const done = new AbortController();
    try {
      const opened = await open();
      socket = opened;
      const closed = new Promise<void>((resolve) => opened.once('close', () => resolve()));
      opened.on('error', () => opened.destroy());
      // What the guest prints meanwhile is read from the log.
      opened.resume();
      opened.once('end', () => opened.destroy());
      if (isClosed) opened.destroy();
      else opened.end(sent);
      void pause(clock, READ_WITHIN_MS, done.signal).then(() => opened.destroy());
      await closed;
    } catch {
      // Nobody is there to read it.
    } finally {
      done.abort();
      socket = undefined;
      bytes -= sent.length;
    }
  };
  const run = async (): Promise<void> => {
    isBusy = true;
    while (waiting.length > 0 && !isClosed) await handOn();
    isBusy = false;
  };
  return {
    type(data) {
      if (isClosed || bytes + data.length > MAX_INPUT_BYTES) return;
      waiting.push(Buffer.from(data));
      bytes += data.length;
      if (!isBusy) void run();
    },
    close() {
      isClosed = true;
      socket?.destroy();
    },
  };
}
