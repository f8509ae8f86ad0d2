import type { Paint } from './paint.ts';

/** How a render function may draw: the only thing it knows of the terminal. */
export interface View {
  readonly paint: Paint;
  /** Columns there are; null = as many as it takes. */
  readonly columns: number | null;
  /** Milliseconds since the Unix epoch; ages are relative to it. */
  readonly now: number;
}
