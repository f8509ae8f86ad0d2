/** Server-sent events: frames, resume points, and the rule that a watcher far behind is dropped (spec §4 watch). */
import type { FastifyReply } from 'fastify';
import type { Store } from '../../ports/store.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { watcherBacklogBytes } from './api-config.ts';

/** One frame as it goes over the wire; made once for all watchers of the same variant. */
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
  /** False when the watcher is gone, or was dropped because it is too far behind. */
  send(chunk: Buffer): boolean;
  end(): void;
  readonly open: boolean;
}

/** Takes the connection over from Fastify and begins the stream. `onClose` is called once. */
export function beginSse(reply: FastifyReply, epoch: number, onClose: () => void): SseStream {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  raw.write(`retry: 2000\n: connected, epoch ${epoch}\n\n`);
  let open = true;
  const closed = (): void => {
    if (!open) return;
    open = false;
    onClose();
  };
  raw.on('close', closed);
  raw.on('error', closed);
  return {
    get open() {
      return open;
    },
    send(chunk) {
      if (!open) return false;
      if (raw.writableLength > watcherBacklogBytes) {
        raw.destroy();
        closed();
        return false;
      }
      raw.write(chunk);
      return true;
    },
    end() {
      if (open) raw.end();
    },
  };
}
