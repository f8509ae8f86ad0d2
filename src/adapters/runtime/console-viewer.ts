import { skipMarker } from '../../wire/http/log-stream.ts';

/** A viewer further behind than this skips (spec §11): the guest and other viewers never wait for it. */
export const MAX_BEHIND_BYTES = 256 * 1024;

export type OnData = (data: Uint8Array) => Promise<void> | void;

export interface Viewer {
  push(chunk: Uint8Array): void;
  end(): void;
}

/**
 * One viewer's queue. `onData` may answer with a promise that resolves when the viewer can take more; until then output
 * waits here, and beyond the bound it is dropped and counted, with a marker where it would have been.
 */
export function createViewer(onData: OnData, onClose: () => void): Viewer {
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let skippedBytes = 0;
  let isBusy = false;
  let isEnded = false;

  const enqueue = (chunk: Uint8Array): void => {
    queue.push(chunk);
    queuedBytes += chunk.length;
  };
  const mark = (): void => {
    if (skippedBytes === 0) return;
    enqueue(Buffer.from(skipMarker(skippedBytes)));
    skippedBytes = 0;
  };
  const drain = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      for (;;) {
        if (queue.length === 0) mark();
        const batch = queue;
        if (batch.length === 0) break;
        queue = [];
        // Still counted as behind until the viewer has taken it.
        const taken = onData(batch.length === 1 && batch[0] !== undefined ? batch[0] : Buffer.concat(batch));
        if (taken !== undefined) await taken;
        queuedBytes -= batch.reduce((total, chunk) => total + chunk.length, 0);
      }
      isBusy = false;
      if (isEnded) onClose();
    } catch {
      // A viewer that fails is gone; nobody else is to notice.
      isEnded = true;
      queue = [];
      onClose();
    }
  };
  return {
    push(chunk) {
      if (isEnded) return;
      if (queuedBytes > 0 && queuedBytes + chunk.length > MAX_BEHIND_BYTES) {
        skippedBytes += chunk.length;
        return;
      }
      if (skippedBytes > 0) mark();
      enqueue(chunk);
      void drain();
    },
    end() {
      if (isEnded) return;
      isEnded = true;
      if (!isBusy) onClose();
    },
  };
}
