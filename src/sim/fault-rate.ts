/** How often trouble comes. */
export interface FaultRate {
  /** Time between two faults, at least and at most. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Share of lives that end at a port call chosen in advance, and the latest such call. */
  readonly crashChance: number;
  readonly latestCrashCall: number;
  /** By how much faults and absences last shorter or longer. */
  readonly duration: number;
}

export const ordinaryRate: FaultRate = {
  minMs: 2_000,
  maxMs: 60_000,
  crashChance: 0.4,
  latestCrashCall: 120,
  duration: 1,
};
/** Hardly anything comes to an end before the next fault. */
export const stormRate: FaultRate = { minMs: 50, maxMs: 6_000, crashChance: 0.9, latestCrashCall: 60, duration: 0.06 };
