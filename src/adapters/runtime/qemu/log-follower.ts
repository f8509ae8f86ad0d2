import { watch } from 'node:fs';
import type { Clock } from '../../../ports/clock.ts';
import { skipMarker } from '../../../wire/http/log-stream.ts';
import { boundLog, type LogFiles, logSize, readLogTail } from './console-log.ts';

/** Read at a time. */
const CHUNK_BYTES = 64 * 1024;
/** Longest history a viewer gets, and most that is read at once; more is what the log is for. */
export const MAX_SCROLLBACK_BYTES = 1024 * 1024;
/** QEMU writes the log byte by byte: it is not read for each. */
const READ_EVERY_MS = 20;
/** Where the system watches no further file, whose number it limits, it is looked at this often. */
const LOOK_EVERY_MS = 100;

export interface LogFollower {
  /** From here on all that is written is pushed. */
  follow(): void;
  /** Pushes what was written, while it follows; bounds the log in any case. */
  read(): void;
  /** Where in the first file that is which is pushed next; what went to the older file since is subtracted. */
  position(): number;
  stop(): void;
}

/** Hands on what is appended to the log. `onLost`: it cannot be read, or not be followed any longer. */
export function createLogFollower(
  clock: Pick<Clock, 'sleep'>,
  files: LogFiles,
  push: (chunk: Uint8Array) => void,
  onLost: () => void,
): LogFollower {
  let position = 0;
  let watcher: { close(): void } | undefined;
  let isReading = false;
  let isWritten = false;

  const read = (): void => {
    try {
      if (watcher !== undefined) position = pushFrom(files, position, push);
      position -= boundLog(files);
    } catch {
      onLost();
    }
  };
  const onWritten = async (): Promise<void> => {
    isWritten = true;
    if (isReading) return;
    isReading = true;
    while (isWritten && watcher !== undefined) {
      isWritten = false;
      read();
      await clock.sleep(READ_EVERY_MS);
    }
    isReading = false;
  };
  return {
    follow() {
      if (watcher === undefined) {
        watcher = watchLog(files.log, () => void onWritten(), onLost);
        position = logSize(files);
      }
      read();
    },
    read,
    position: () => position,
    stop() {
      watcher?.close();
      watcher = undefined;
    },
  };
}

function watchLog(path: string, onWritten: () => void, onLost: () => void): { close(): void } {
  try {
    const watcher = watch(path, onWritten);
    watcher.on('error', onLost);
    return watcher;
  } catch {
    const timer = setInterval(onWritten, LOOK_EVERY_MS);
    return { close: () => clearInterval(timer) };
  }
}

/** Answers up to where it has pushed. */
function pushFrom(files: LogFiles, from: number, push: (chunk: Uint8Array) => void): number {
  const size = logSize(files);
  // Somebody else has cut it.
  let position = Math.min(from, size);
  const skipped = size - position - MAX_SCROLLBACK_BYTES;
  if (skipped > 0) {
    position += skipped;
    push(Buffer.from(skipMarker(skipped)));
  }
  while (position < size) {
    const bytes = Math.min(CHUNK_BYTES, size - position);
    push(readLogTail(files, position + bytes, bytes));
    position += bytes;
  }
  return position;
}
