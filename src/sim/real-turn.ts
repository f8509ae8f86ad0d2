/**
 * The pump of simulation. `process.nextTick` fires once the microtask queue is fully drained, so one turn lets everything
 * run that can run without time passing; a real turn of the event loop in between keeps signals and test time-outs alive.
 */

/** Captured before anything is poisoned. */
const realSetImmediate = globalThis.setImmediate;

/** Steps between two real turns of the event loop. */
const stepsPerRealTurn = 1_000;

export function createTurn(): () => Promise<void> {
  let steps = 0;
  return () => {
    steps += 1;
    if (steps % stepsPerRealTurn === 0) return new Promise((resolve) => void realSetImmediate(resolve));
    return new Promise((resolve) => process.nextTick(resolve));
  };
}
