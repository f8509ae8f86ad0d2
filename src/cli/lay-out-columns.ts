/** Which columns of a table stand in which line of the terminal, and how wide each is. */
import type { Column } from './render-table.ts';

/** Between two columns. */
export const gap = '  ';
/** Before what stands below its row. */
export const belowIndent = '    ';
/** A column is never cut below this, but for a last one, whose texts may stand below. */
const narrowest = 8;

export interface Layout {
  readonly widths: readonly number[];
  /** Places of columns, line by line; more than one line where the terminal is too narrow for all of them. */
  readonly lines: readonly (readonly number[])[];
}

/** `wanted`: the widest text of each column; `limit`: columns of the terminal, null in a pipe. */
export function layOutColumns(columns: readonly Column[], wanted: readonly number[], limit: number | null): Layout {
  const widths = limit === null ? wanted : fitWidths(columns, wanted, limit);
  if (limit !== null && spanOf(widths) > limit) return breakLines(columns, wanted, limit);
  return { widths, lines: [columns.map((_, at) => at)] };
}

const spanOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width + gap.length, -gap.length);

/** Takes what is missing from the widest columns that may shrink. */
function fitWidths(columns: readonly Column[], wanted: readonly number[], limit: number): readonly number[] {
  const widths = [...wanted];
  for (let excess = spanOf(widths) - limit; excess > 0; excess -= 1) {
    const widest = columns
      .map((column, at) => ({ at, width: widths[at] ?? 0, least: at === columns.length - 1 ? 0 : narrowest, column }))
      .filter(({ column, width, least }) => column.shrinks === true && width > least)
      .reduce((best, next) => (next.width > best.width ? next : best), { at: -1, width: 0 });
    if (widest.at < 0) break;
    widths[widest.at] = widest.width - 1;
  }
  return widths;
}

/** Whole columns go below where not all have room side by side: a uid in two pieces can be copied by nobody. */
function breakLines(columns: readonly Column[], wanted: readonly number[], limit: number): Layout {
  const widths = columns.map(({ shrinks }, at) =>
    shrinks === true ? Math.min(wanted[at] ?? 0, limit - belowIndent.length) : (wanted[at] ?? 0),
  );
  const lines: number[][] = [[]];
  for (const [at, { shrinks }] of columns.entries()) {
    const line = lines.at(-1) ?? [];
    const room = limit - (lines.length === 1 ? 0 : belowIndent.length);
    const fits = spanOf([...line, at].map((place) => widths[place] ?? 0)) <= room;
    if (fits || line.length === 0) line.push(at);
    else if (shrinks === true && at === columns.length - 1) {
      // Its texts stand below anyway.
      widths[at] = 0;
      line.push(at);
    } else lines.push([at]);
  }
  return { widths, lines };
}
