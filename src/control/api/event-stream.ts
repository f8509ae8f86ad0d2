/** The watch of events over server-sent events; resumes by revision like the watch of VMs. */
import type { FastifyReply } from 'fastify';
import { type EventFilter, matchesEvent, renderEvent } from '../operations/read-operations.ts';
import { isRefused } from '../refusal.ts';
import { type EventRow, eventPrefix, rowOf } from '../rows.ts';
import type { OpenStreams } from './open-streams.ts';
import type { RouteContext } from './route-context.ts';
import { beginSse, frame, type ResumePoint, relistRequired, resumeRevision, type SseStream } from './sse-stream.ts';

export interface EventStream {
  open(reply: FastifyReply, filter: EventFilter, resume: ResumePoint): FastifyReply;
}

export function createEventStream({ plane, envelopes }: RouteContext, streams: OpenStreams): EventStream {
  return {
    open(reply, filter, resume) {
      const { store } = plane.ctx;
      const full = streams.refusal();
      if (full !== null) return envelopes.refusal(reply, full);
      const point = resumeRevision(store, resume);
      if (isRefused(point)) return envelopes.refusal(reply, point);
      let stream: SseStream | null = null;
      const from = point.from ?? store.revision();
      const watch = store.watch(eventPrefix, from, ({ revision, events }) => {
        for (const [at, change] of events.entries()) {
          if (change.type !== 'put' || change.previous !== undefined) continue;
          const event = rowOf<EventRow>(change.entry).value;
          if (!matchesEvent(filter, event)) continue;
          // As of VMs: only the last one of a commit ends its revision.
          const resumeAt = at === events.length - 1 ? revision : revision - 1;
          stream?.send(() => {
            const data = JSON.stringify({ type: 'added', revision, object: renderEvent(event) });
            return frame(resumeAt, 'added', data);
          });
        }
      });
      if (watch.kind === 'compacted') {
        return envelopes.refusal(reply, relistRequired(store, from, watch.oldestRevision));
      }
      // Nothing is told before this turn ends.
      const live = beginSse(reply, store.epoch, () => {
        watch.close();
        streams.remove(live);
      });
      stream = live;
      streams.add(live);
      return reply;
    },
  };
}
