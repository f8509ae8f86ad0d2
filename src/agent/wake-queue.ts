import type { TimeMs, Uid } from '../core/kit/brand.ts';
import type { Clock } from '../ports/clock.ts';

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
  // A binary heap by time. Superseded entries stay until they come up and are then seen to be stale.
  const heap: Entry[] = [];
  let rearm: (() => void) | null = null;

  const takeDue = (now: TimeMs): readonly Uid[] => {
    const due: Uid[] = [];
    for (let top = heap[0]; top !== undefined && top.at <= now; top = heap[0]) {
      pop(heap);
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
      const earliest = heap[0]?.at ?? Number.POSITIVE_INFINITY;
      push(heap, { at, uid });
      if (at < earliest) rearm?.();
    },
    async run(onDue, signal) {
      while (!signal.aborted) {
        for (const uid of takeDue(clock.now())) onDue(uid);
        const next = heap[0]?.at ?? null;
        const waitMs = next === null ? idleMs : Math.min(idleMs, Math.max(1, next - clock.now()));
        const awake = new AbortController();
        rearm = () => awake.abort(null);
        await clock.sleep(waitMs, AbortSignal.any([signal, awake.signal])).catch(() => undefined);
        rearm = null;
      }
    },
  };
}

/** Longest sleep: the wall clock may have been set meanwhile. */
const idleMs = 60_000;

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || above.at <= entry.at) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    const smaller = right !== undefined && right.at < left.at ? right : left;
    if (smaller === right) child += 1;
    if (last.at <= smaller.at) break;
    heap[at] = smaller;
    at = child;
  }
  heap[at] = last;
}
