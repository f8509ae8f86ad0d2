import type { Tone } from './paint.ts';
import { clipText, plainText, textWidth, wrapText } from './text-width.ts';
import type { View } from './view.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /**
   * May be cut where the terminal is too narrow; columns without are always whole. A text of the last column that is too long
   * for its place stands below its row instead.
   */
  readonly shrinks?: true;
  /** All of it is wanted: what stands below its row is broken at spaces into as many lines as it takes, not cut. */
  readonly wraps?: true;
  /** Width kept for what may still come, where rows come one after the other. */
  readonly least?: number;
}

export interface TonedText {
  readonly text: string;
  readonly tone: Tone;
}

export type Cell = string | TonedText;

const gap = '  ';
/** A column is never cut below this, but for a last one, whose texts may stand below. */
const narrowest = 8;
const belowIndent = '    ';

const textOf = (cell: Cell | undefined): string => plainText(typeof cell === 'string' ? cell : (cell?.text ?? ''));

/** A table as text with a line end after each row; header first unless no column has a title. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], view: View): string {
  const titles = columns.map(({ title }) => title);
  const wanted = columns.map((column, at) =>
    Math.max(textWidth(column.title), ...rows.map((row) => textWidth(textOf(row[at])))),
  );
  const { columns: limit, paint } = view;
  const widths = fitWidths(columns, wanted, limit);
  const last = columns.length - 1;
  const fits = (at: number, text: string): boolean => at < last || textWidth(text) <= (widths[at] ?? 0);
  const line = (cells: readonly Cell[], header: boolean): string =>
    columns
      .map((column, at) => {
        const cell = cells[at] ?? '';
        const width = widths[at] ?? 0;
        const text = fits(at, textOf(cell)) ? clipText(textOf(cell), width) : '';
        const space = ' '.repeat(Math.max(0, width - textWidth(text)));
        const painted = header ? paint('faint', text) : typeof cell === 'string' ? text : paint(cell.tone, text);
        if (column.align === 'right') return space + painted;
        return at === last ? painted : painted + space;
      })
      .join(gap)
      .trimEnd();
  const below = (cells: readonly Cell[]): readonly string[] => {
    const text = textOf(cells[last]);
    if (limit === null || fits(last, text)) return [];
    const width = limit - belowIndent.length;
    const lines = columns[last]?.wraps === true ? wrapText(text, width) : [clipText(text, width)];
    return lines.map((part) => belowIndent + part);
  };
  const header = titles.some((title) => title !== '') ? [line(titles, true)] : [];
  const body = rows.flatMap((row) => [line(row, false), ...below(row)]);
  return [...header, ...body].map((text) => `${text}\n`).join('');
}

/** Takes what is missing from the widest columns that may shrink. */
function fitWidths(columns: readonly Column[], wanted: readonly number[], limit: number | null): readonly number[] {
  const widths = [...wanted];
  if (limit === null) return widths;
  let excess = widths.reduce((sum, width) => sum + width + gap.length, -gap.length) - limit;
  while (excess > 0) {
    const widest = columns
      .map((column, at) => ({ at, width: widths[at] ?? 0, least: at === columns.length - 1 ? 0 : narrowest, column }))
      .filter(({ column, width, least }) => column.shrinks === true && width > least)
      .reduce((best, next) => (next.width > best.width ? next : best), { at: -1, width: 0 });
    if (widest.at < 0) break;
    widths[widest.at] = widest.width - 1;
    excess -= 1;
  }
  return widths;
}
