import { type Cell, type Column, renderRows } from './render-table.ts';
import { textWidth } from './text-width.ts';
import type { View } from './view.ts';

/** A table whose rows come one after the other (`-w`): columns keep the width they once had, so that rows line up. */
export interface TableStream {
  /** The header and these rows. */
  start(rows: readonly (readonly Cell[])[], view: View): string;
  row(cells: readonly Cell[], view: View): string;
}

export function createTableStream(columns: readonly Column[]): TableStream {
  const widths = columns.map(({ title, least = 0 }) => Math.max(textWidth(title), least));
  const grow = (cells: readonly Cell[]): void => {
    for (const [at, cell] of cells.entries()) {
      widths[at] = Math.max(widths[at] ?? 0, textWidth(typeof cell === 'string' ? cell : cell.text));
    }
  };
  // A row of spaces as wide as each column was makes the new row line up; the last column needs none.
  const ruler = (): readonly Cell[] => widths.map((width, at) => (at === widths.length - 1 ? '' : 'x'.repeat(width)));
  const linesOf = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
    [...header, ...rows.flat()].map((line) => `${line}\n`).join('');
  return {
    start(rows, view) {
      for (const row of rows) grow(row);
      const { header, body } = renderRows(columns, [ruler(), ...rows], view);
      return linesOf(header, body.slice(1));
    },
    row(cells, view) {
      grow(cells);
      return linesOf([], renderRows(columns, [ruler(), cells], view).body.slice(1));
    },
  };
}
