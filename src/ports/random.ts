/** Chance as a value that is handed in. One seed, one history. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A fresh UUIDv7 (sortable by time of minting). */
  uuid(): string;
  /** `bytes` random bytes as lower-case hexadecimal; unpredictable outside simulation (tokens). */
  hex(bytes: number): string;
}
