import type { SimWorld } from '../sim-world.ts';

/** Looks at a world and says what is wrong with it; it never changes anything. */
export interface Checker {
  readonly name: string;
  /** After each step of the world. Null = nothing is wrong. */
  afterStep?(world: SimWorld): string | null;
  /** When the last fault is long over and everything has come to rest. */
  atEnd?(world: SimWorld): readonly string[];
}
