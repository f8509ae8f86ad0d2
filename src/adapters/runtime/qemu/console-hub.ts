/**
 * The serial line of an incarnation. What the guest prints is read from the log that QEMU writes, and the socket is open only
 * while something typed is on its way. QEMU hands every byte to an open socket by itself, a few hundred of which fill it; what
 * finds no room before the guest loses its patience, after 10 ms, is lost to the log as well, or stands there twice. No agent
 * reads as fast as that on a busy host.
 */
import { createConnection, type Socket } from 'node:net';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import { pause } from '../../../ports/pause.ts';
import type { ConsoleAttachment } from '../../../ports/runtime.ts';
import { createViewer, type OnData, type Viewer } from '../console-viewer.ts';
import { type LogFiles, readLogTail } from './console-log.ts';
import { SOCKETS } from './layout.ts';
import { createLogFollower, MAX_SCROLLBACK_BYTES } from './log-follower.ts';
import { type SocketPlace, throughSocket } from './socket-place.ts';
import { createTyping } from './typing.ts';

/** Viewers of one console. */
const MAX_VIEWERS = 32;
/** A guest prints about 100 KB a second at most: this is less than what its log is bounded to. */
const BOUND_EVERY_MS = 10_000;

export interface ConsoleHub {
  /** Faults: `monitor_failed`, `not_running`, `too_many_viewers`. */
  attach(scrollbackBytes: number, onData: OnData, onClose: () => void): Promise<ConsoleAttachment>;
  close(): void;
}

export function createConsoleHub(clock: Pick<Clock, 'sleep'>, place: SocketPlace, files: LogFiles): ConsoleHub {
  const viewers = new Set<Viewer>();
  const typing = createTyping(clock, () => throughSocket(place, SOCKETS.serial, openSocket));
  const closed = new AbortController();
  const endViewers = (): void => {
    follower.stop();
    const ended = [...viewers];
    viewers.clear();
    for (const viewer of ended) viewer.end();
  };
  const push = (chunk: Uint8Array): void => {
    for (const viewer of viewers) viewer.push(chunk);
  };
  const follower = createLogFollower(clock, files, push, endViewers);
  /** Also where nobody looks at the guest: of one that no assignment names nobody does. */
  const keepBounded = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      follower.read();
      await pause(clock, BOUND_EVERY_MS, closed.signal);
    }
  };
  void keepBounded();
  return {
    async attach(scrollbackBytes, onViewerData, onClose) {
      // Whether there is a line to type into.
      if (!closed.signal.aborted) await throughSocket(place, SOCKETS.serial, async () => undefined);
      if (closed.signal.aborted) throw new Fault('not_running', 'Cannot open the console: the instance ended');
      if (viewers.size >= MAX_VIEWERS) {
        throw new Fault('too_many_viewers', `Cannot open the console: ${MAX_VIEWERS} viewers are there already`);
      }
      follower.follow();
      const viewer = createViewer(onViewerData, onClose);
      const wanted = Math.min(Math.max(0, scrollbackBytes), MAX_SCROLLBACK_BYTES);
      const past = readLogTail(files, follower.position(), wanted);
      if (past.length > 0) viewer.push(past);
      viewers.add(viewer);
      return {
        historyBytes: past.length,
        write: typing.type,
        close() {
          if (viewers.delete(viewer)) viewer.end();
          if (viewers.size === 0) follower.stop();
        },
      };
    },
    close() {
      closed.abort();
      // Its last words.
      follower.read();
      endViewers();
      typing.close();
    },
  };
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, allowHalfOpen: true });
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
