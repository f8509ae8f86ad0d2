import type { Tone } from './paint.ts';
import { clipText, plainText, textWidth } from './text-width.ts';
import type { View } from './view.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** May be cut where the terminal is too narrow; columns without are always whole. */
  readonly shrinks?: true;
  /** Width kept for what may still come, where rows come one after the other. */
  readonly least?: number;
}

export interface TonedText {
  readonly text: string;
  readonly tone: Tone;
}

export type Cell = string | TonedText;

const gap = '  ';
/** A column is never cut below this. */
const narrowest = 8;

const textOf = (cell: Cell | undefined): string => plainText(typeof cell === 'string' ? cell : (cell?.text ?? ''));

/** A table as text with a line end after each row; header first unless no column has a title. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], view: View): string {
  const titles = columns.map(({ title }) => title);
  const wanted = columns.map((column, at) =>
    Math.max(textWidth(column.title), ...rows.map((row) => textWidth(textOf(row[at])))),
  );
  const widths = fitWidths(columns, wanted, view.columns);
  const line = (cells: readonly Cell[], header: boolean): string =>
    columns
      .map((column, at) => {
        const cell = cells[at] ?? '';
        const width = widths[at] ?? 0;
        const text = clipText(textOf(cell), width);
        const space = ' '.repeat(Math.max(0, width - textWidth(text)));
        const painted = header
          ? view.paint('faint', text)
          : typeof cell === 'string'
            ? text
            : view.paint(cell.tone, text);
        if (column.align === 'right') return space + painted;
        return at === columns.length - 1 ? painted : painted + space;
      })
      .join(gap)
      .trimEnd();
  const header = titles.some((title) => title !== '') ? [line(titles, true)] : [];
  return [...header, ...rows.map((row) => line(row, false))].map((text) => `${text}\n`).join('');
}

/** Takes what is missing from the widest columns that may shrink. */
function fitWidths(columns: readonly Column[], wanted: readonly number[], limit: number | null): readonly number[] {
  const widths = [...wanted];
  if (limit === null) return widths;
  let excess = widths.reduce((sum, width) => sum + width + gap.length, -gap.length) - limit;
  while (excess > 0) {
    const widest = columns
      .map((column, at) => ({ at, width: column.shrinks === true ? (widths[at] ?? 0) : 0 }))
      .reduce((best, next) => (next.width > best.width ? next : best), { at: -1, width: 0 });
    if (widest.at < 0 || widest.width <= narrowest) break;
    widths[widest.at] = widest.width - 1;
    excess -= 1;
  }
  return widths;
}
