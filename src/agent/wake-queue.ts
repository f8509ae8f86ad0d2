import type { TimeMs, Uid } from '../core/kit/brand.ts';
import { MinHeap } from '../core/kit/min-heap.ts';
import type { Clock } from '../ports/clock.ts';
import { pauseUntil } from '../ports/pause.ts';

/** Instances to look at again at a time: one timer for all of them, the latest word for an instance counts. */
export interface WakeQueue {
  /** Replaces what was set for this instance; null takes it away. */
  set(uid: Uid, at: TimeMs | null): void;
  /** Calls `onDue` for each instance whose time has come, until aborted. */
  run(onDue: (uid: Uid) => void, signal: AbortSignal): Promise<void>;
}

interface Entry {
  readonly at: TimeMs;
  readonly uid: Uid;
}

export function createWakeQueue(clock: Clock): WakeQueue {
  const wanted = new Map<Uid, TimeMs>();
  // Superseded entries stay until they come up and are then seen to be stale.
  const heap = new MinHeap<Entry>((a, b) => a.at < b.at);
  let rearm: (() => void) | null = null;

  const takeDue = (now: TimeMs): readonly Uid[] => {
    const due: Uid[] = [];
    for (let top = heap.peek(); top !== undefined && top.at <= now; top = heap.peek()) {
      heap.pop();
      if (wanted.get(top.uid) !== top.at) continue;
      wanted.delete(top.uid);
      due.push(top.uid);
    }
    return due;
  };

  return {
    set(uid, at) {
      if (at === null) {
        wanted.delete(uid);
        return;
      }
      if (wanted.get(uid) === at) return;
      wanted.set(uid, at);
      const earliest = heap.peek()?.at ?? Number.POSITIVE_INFINITY;
      heap.push({ at, uid });
      if (at < earliest) rearm?.();
    },
    async run(onDue, signal) {
      while (!signal.aborted) {
        for (const uid of takeDue(clock.now())) onDue(uid);
        const next = heap.peek()?.at ?? null;
        const now = clock.now();
        const until = Math.min(now + idleMs, Math.max(now + 1, next ?? Number.POSITIVE_INFINITY));
        const awake = new AbortController();
        rearm = () => awake.abort(null);
        await pauseUntil(clock, until, AbortSignal.any([signal, awake.signal]));
        rearm = null;
      }
    },
  };
}

/** Longest sleep: the wall clock may have been set meanwhile. */
const idleMs = 60_000;
