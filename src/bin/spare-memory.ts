/**
 * V8 means to collect garbage, compact and give memory back when a process has become quiet, but takes every process whose
 * C++ heap does nothing for a busy one, as Node's does: what a burst left behind stays for ever. In its memory saver mode it does
 * not ask. All the time that would cost a busy process a fifth more, as each collection compacts; so the mode is on only while
 * the loop is idle.
 */
import { setFlagsFromString } from 'node:v8';

const lookEveryMs = 1_000;

/**
 * Collections in a row, while they still find something: each moves 12 MB at most out of pages that are mostly empty, and V8's
 * two leave 30 MB of them with 10,000 VMs.
 */
const collectionsMax = 6;

/** Share of the time since the last look. */
const idleBelow = 0.1;

/**
 * Half of the young generation of a thread that is begun later, in MiB. `up` gives its children a large one, for what requests in
 * flight hold; the threads of a store would take as much for rows that nobody holds, 30 MB while 10,000 VMs are loaded.
 */
const youngHalfOfThreadsMib = 2;

/** Until disposed of. It is about the whole process, its threads included; call it before any is begun. */
export function spareMemoryWhenIdle(): Disposable {
  setFlagsFromString(`--memory-reducer-gc-count=${collectionsMax}`);
  setFlagsFromString(`--max-semi-space-size=${youngHalfOfThreadsMib}`);
  let lookedAt = performance.eventLoopUtilization();
  let isSparing = false;
  const spare = (wanted: boolean): void => {
    if (wanted === isSparing) return;
    isSparing = wanted;
    setFlagsFromString(wanted ? '--memory-saver-mode' : '--no-memory-saver-mode');
  };
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, lookedAt);
    lookedAt = now;
    spare(utilization < idleBelow);
  }, lookEveryMs);
  timer.unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      spare(false);
    },
  };
}
