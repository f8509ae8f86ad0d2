import { belowIndent, gap, layOutColumns } from './lay-out-columns.ts';
import type { Tone } from './paint.ts';
import { clipText, plainText, textWidth, wrapText } from './text-width.ts';
import type { View } from './view.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /**
   * May be cut where the terminal is too narrow; columns without are always whole, below the row where they have no room in
   * it. A text of the last column that is too long for its place stands below its row too.
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

const textOf = (cell: Cell | undefined): string => plainText(typeof cell === 'string' ? cell : (cell?.text ?? ''));

/** A table as text with a line end after each row; header first unless no column has a title. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], view: View): string {
  const { header, body } = renderRows(columns, rows, view);
  return [...header, ...body.flat()].map((text) => `${text}\n`).join('');
}

/** The same by row: each is a line, or several on a narrow terminal. */
export function renderRows(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { columns: limit, paint }: View,
): { readonly header: readonly string[]; readonly body: readonly (readonly string[])[] } {
  const titles = columns.map(({ title }) => title);
  const wanted = columns.map((column, at) =>
    Math.max(textWidth(column.title), ...rows.map((row) => textWidth(textOf(row[at])))),
  );
  const { widths, lines } = layOutColumns(columns, wanted, limit);
  const last = columns.length - 1;
  const fits = (at: number, text: string): boolean => at < last || textWidth(text) <= (widths[at] ?? 0);
  const line = (places: readonly number[], cells: readonly Cell[], header: boolean): string =>
    places
      .map((at) => {
        const cell = cells[at] ?? '';
        const width = widths[at] ?? 0;
        const text = fits(at, textOf(cell)) ? clipText(textOf(cell), width) : '';
        const space = ' '.repeat(Math.max(0, width - textWidth(text)));
        const painted = header ? paint('faint', text) : typeof cell === 'string' ? text : paint(cell.tone, text);
        if (columns[at]?.align === 'right') return space + painted;
        return at === last ? painted : painted + space;
      })
      .join(gap)
      .trimEnd();
  const row = (cells: readonly Cell[], header: boolean): readonly string[] => {
    const [first, ...more] = lines.map((places) => line(places, cells, header));
    return [first ?? '', ...more.filter((text) => text !== '').map((text) => belowIndent + text)];
  };
  const below = (cells: readonly Cell[]): readonly string[] => {
    const text = textOf(cells[last]);
    if (limit === null || fits(last, text)) return [];
    const width = limit - belowIndent.length;
    const parts = columns[last]?.wraps === true ? wrapText(text, width) : [clipText(text, width)];
    return parts.map((part) => belowIndent + part);
  };
  const header = titles.some((title) => title !== '') ? row(titles, true) : [];
  return { header, body: rows.map((cells) => [...row(cells, false), ...below(cells)]) };
}
