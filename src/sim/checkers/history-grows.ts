import type { Checker } from './checker.ts';

/** S2, S2b, spec §4: generations only grow, one generation is one order, finished tasks never reopen, and say the truth. */
export const historyGrows: Checker = {
  name: 'history-grows',
  afterStep: (world) => world.history.offences[0] ?? null,
};
