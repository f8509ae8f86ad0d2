import type { Socket } from 'node:net';

/** Input waiting for a guest that does not read; more is dropped, as a real serial line would. */
const MAX_INPUT_BYTES = 64 * 1024;

export interface Typing {
  type(data: Uint8Array): void;
  close(): void;
}

/**
 * Hands on what is typed, in its order: a connection for what waits, whose other side is closed at once, so that QEMU ends it
 * when the guest has read all of it.
 */
export function createTyping(open: () => Promise<Socket>): Typing {
  let waiting: Buffer[] = [];
  /** With what is on its way. */
  let bytes = 0;
  let isBusy = false;
  let isClosed = false;
  let socket: Socket | undefined;

  const handOn = async (): Promise<void> => {
    const sent = Buffer.concat(waiting);
    waiting = [];
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
      await closed;
    } catch {
      // Nobody is there to read it.
    } finally {
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
