/** Server-sent events: frames, resume points, and the rule that a watcher far behind is dropped (spec §4 watch). */
import type { FastifyReply } from 'fastify';
import type { Store } from '../../ports/store.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { watcherBacklogFrames } from './api-config.ts';

/** One frame as it goes over the wire; made once for all watchers of the same variant. `id`: the revision to resume at after it. */
export function frame(id: number, event: string, data: string): Buffer {
  return Buffer.from(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`, 'utf8');
}

const relist = "List again without a resume revision, then watch from the list's revision";

export interface ResumePoint {
  readonly lastEventId: string | null;
  readonly revision: number | null;
  readonly epoch: number | null;
}

/** The revision to go on from; null = from now. Of another epoch, of the future or unreadable: list again. */
export function resumeRevision(
  store: Store,
  { lastEventId, revision, epoch }: ResumePoint,
): { readonly from: number | null } | Refusal {
  const wanted = lastEventId === null ? revision : /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN;
  if (wanted === null) return { from: null };
  const because = !Number.isSafeInteger(wanted)
    ? 'it is no revision'
    : epoch !== null && epoch !== store.epoch
      ? `it is of epoch ${epoch}, the store is at epoch ${store.epoch}`
      : wanted > store.revision()
        ? `the newest revision is ${store.revision()}`
        : null;
  if (because === null) return { from: wanted };
  const point = String(lastEventId ?? revision).slice(0, 80);
  return refuse('relist_required', `Cannot resume the watch at revision ${point}: ${because}`, {
    epoch: store.epoch,
    next_action: relist,
  });
}

export function relistRequired(store: Store, from: number, oldestRevision: number): Refusal {
  return refuse(
    'relist_required',
    `Cannot resume the watch at revision ${from}: the oldest kept revision is ${oldestRevision}`,
    {
      oldest_revision: oldestRevision,
      epoch: store.epoch,
      next_action: relist,
    },
  );
}

export interface SseStream {
  /** `make` is called when the watcher has taken what came before; never, when it is gone or dropped. */
  send(make: () => Buffer): void;
  end(): void;
  readonly open: boolean;
}

/**
 * Takes the connection over from Fastify and begins the stream. `onClose` is called once. One commit may touch a thousand VMs and
 * more: frames wait as what they are made of, and are made as the socket takes them.
 */
export function beginSse(reply: FastifyReply, epoch: number, onClose: () => void): SseStream {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  const waiting = new FrameQueue();
  let open = true;
  let full = !raw.write(`retry: 2000\n: connected, epoch ${epoch}\n\n`);
  const closed = (): void => {
    if (!open) return;
    open = false;
    waiting.clear();
    onClose();
  };
  const pump = (): void => {
    while (open && !full) {
      const make = waiting.take();
      if (make === undefined) return;
      full = !raw.write(make());
    }
  };
  raw.on('close', closed);
  raw.on('error', closed);
  raw.on('drain', () => {
    full = false;
    pump();
  });
  return {
    get open() {
      return open;
    },
    send(make) {
      if (!open) return;
      if (waiting.length >= watcherBacklogFrames) {
        raw.destroy();
        closed();
        return;
      }
      waiting.add(make);
      pump();
    },
    end() {
      waiting.clear();
      if (open) raw.end();
    },
  };
}

/** First in, first out, without moving all the others for each. */
class FrameQueue {
  #frames: (() => Buffer)[] = [];
  #taken = 0;

  get length(): number {
    return this.#frames.length - this.#taken;
  }

  add(make: () => Buffer): void {
    this.#frames.push(make);
  }

  take(): (() => Buffer) | undefined {
    const make = this.#frames[this.#taken];
    this.#taken += 1;
    if (this.#taken >= this.#frames.length) this.clear();
    return make;
  }

  clear(): void {
    this.#frames = [];
    this.#taken = 0;
  }
}
