/** The numbers from 0 to `n` - 1. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
