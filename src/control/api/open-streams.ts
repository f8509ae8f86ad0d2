/** The watches that are open, of whatever kind: together they have one limit, and each gets bookmarks (spec §4 watch). */
import { pause } from '../../ports/pause.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { bookmarkEveryMs } from './api-config.ts';
import type { RouteContext } from './route-context.ts';
import { frame, type SseStream } from './sse-stream.ts';

export interface OpenStreams {
  /** Why no further one may be opened; null = it may. */
  refusal(): Refusal | null;
  add(stream: SseStream): void;
  remove(stream: SseStream): void;
  count(): number;
  /** Sends bookmarks until the server closes, then ends all: a quiet watch still moves its resume point, and a dead one is noticed. */
  run(): Promise<void>;
}

export function createOpenStreams({ plane, deps, config, closing }: RouteContext): OpenStreams {
  const streams = new Set<SseStream>();
  const limit = config.watchersMax;
  return {
    refusal: () =>
      streams.size < limit
        ? null
        : refuse('too_many_watches', `Cannot open another watch: ${limit} are open already`, { limit }),
    add: (stream) => void streams.add(stream),
    remove: (stream) => void streams.delete(stream),
    count: () => streams.size,
    async run() {
      while (!closing.aborted) {
        await pause(deps.clock, bookmarkEveryMs, closing);
        if (closing.aborted) break;
        const revision = plane.ctx.store.revision();
        const chunk = frame(revision, 'bookmark', `{"type":"bookmark","revision":${revision}}`);
        for (const stream of streams) stream.send(() => chunk);
      }
      for (const stream of streams) stream.end();
    },
  };
}
