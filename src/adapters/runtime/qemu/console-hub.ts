import { createConnection, type Socket } from 'node:net';
import { Fault } from '../../../core/kit/fault.ts';
import type { ConsoleAttachment } from '../../../ports/runtime.ts';
import { createViewer, type OnData, type Viewer } from '../console-viewer.ts';
import { boundLog, type LogFiles, logSize, readLogTail } from './console-log.ts';
import { SOCKETS } from './layout.ts';
import { type SocketPlace, throughSocket } from './socket-place.ts';

/** Output kept in memory, so that a viewer's history ends exactly where its live output begins. */
const RING_BYTES = 64 * 1024;
/** Longest history a viewer gets; more is what the log is for. */
const MAX_SCROLLBACK_BYTES = 1024 * 1024;
/** Input waiting for a guest that does not read; more is dropped, as a real serial line would. */
const MAX_INPUT_BYTES = 64 * 1024;
/** Viewers of one console. */
const MAX_VIEWERS = 32;

/**
 * Output since the connection: the newest in memory, everything in the log files, and where the one begins in the
 * other.
 */
interface History {
  append(chunk: Buffer): void;
  /** The last bytes, exactly up to what was appended last. */
  last(bytes: number): Buffer;
}

function createHistory(files: LogFiles): History {
  let ring = Buffer.alloc(0);
  boundLog(files);
  /** Position in the log file where the ring ends; what goes to the older file is subtracted. */
  let position = logSize(files);
  return {
    append(chunk) {
      const kept = ring.subarray(Math.max(0, ring.length + chunk.length - RING_BYTES));
      ring = Buffer.concat([kept, chunk]).subarray(-RING_BYTES);
      const before = position;
      position += chunk.length;
      // A look at the file for each 64 KiB of output is enough.
      if (Math.floor(before / RING_BYTES) !== Math.floor(position / RING_BYTES)) position -= boundLog(files);
    },
    last(bytes) {
      const recent = ring.subarray(Math.max(0, ring.length - bytes));
      return Buffer.concat([readLogTail(files, position - ring.length, bytes - recent.length), recent]);
    },
  };
}

/**
 * The one holder of an incarnation's serial line: it always drains the guest and hands output to any number of
 * viewers.
 */
export interface ConsoleHub {
  /** Connects unless connected. Fault `monitor_failed`. */
  connect(): Promise<void>;
  attach(scrollbackBytes: number, onData: OnData, onClose: () => void): Promise<ConsoleAttachment>;
  close(): void;
}

export function createConsoleHub(place: SocketPlace, files: LogFiles): ConsoleHub {
  const viewers = new Set<Viewer>();
  let socket: Socket | undefined;
  let connecting: Promise<void> | undefined;
  let isClosed = false;
  let history: History | undefined;

  const onData = (chunk: Buffer): void => {
    history?.append(chunk);
    for (const viewer of viewers) viewer.push(chunk);
  };
  const endViewers = (): void => {
    const ended = [...viewers];
    viewers.clear();
    for (const viewer of ended) viewer.end();
  };
  const open = async (): Promise<void> => {
    const opened = await throughSocket(place, SOCKETS.serial, openSocket);
    if (isClosed) {
      opened.destroy();
      return;
    }
    history = createHistory(files);
    socket = opened;
    opened.on('data', onData);
    opened.on('error', () => opened.destroy());
    opened.once('close', () => {
      if (socket === opened) socket = undefined;
      endViewers();
    });
  };
  const connect = (): Promise<void> => {
    if (isClosed) return Promise.reject(new Fault('not_running', 'Cannot open the console: the instance ended'));
    if (socket !== undefined) return Promise.resolve();
    connecting ??= open().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
  return {
    connect,
    async attach(scrollbackBytes, onViewerData, onClose) {
      await connect();
      if (viewers.size >= MAX_VIEWERS) {
        throw new Fault('too_many_viewers', `Cannot open the console: ${MAX_VIEWERS} viewers are there already`);
      }
      const viewer = createViewer(onViewerData, onClose);
      const wanted = Math.min(Math.max(0, scrollbackBytes), MAX_SCROLLBACK_BYTES);
      const past = wanted === 0 ? undefined : history?.last(wanted);
      const historyBytes = past?.length ?? 0;
      if (past !== undefined && historyBytes > 0) viewer.push(past);
      viewers.add(viewer);
      return {
        historyBytes,
        write(data) {
          if (socket !== undefined && socket.writableLength + data.length <= MAX_INPUT_BYTES) socket.write(data);
        },
        close() {
          if (viewers.delete(viewer)) viewer.end();
        },
      };
    },
    close() {
      isClosed = true;
      socket?.destroy();
      endViewers();
    },
  };
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const onError = (error: Error): void =>
      reject(
        new Fault(
          'monitor_failed',
          `Cannot open the serial line: ${(error as NodeJS.ErrnoException).code ?? 'connection failed'}`,
        ),
      );
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(socket);
    });
  });
}
