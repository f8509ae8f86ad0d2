import { type Cell, type Column, renderTable } from './render-table.ts';
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
  return {
    start(rows, view) {
      for (const row of rows) grow(row);
      const [header = '', , ...lines] = renderTable(columns, [ruler(), ...rows], view).split('\n');
      return [header, ...lines].join('\n');
    },
    row(cells, view) {
      grow(cells);
      const untitled = columns.map((column) => ({ ...column, title: '' }));
      const [, ...lines] = renderTable(untitled, [ruler(), cells], view).split('\n');
      return lines.join('\n');
    },
  };
}
