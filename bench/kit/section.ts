/** What one benchmark found: a table of rows against their targets, and remarks. */
export interface Section {
  /** `(a) create → first serial byte`. Identifies the section in RESULTS.md. */
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly what: string;
  readonly measured: string;
  /** The named peer or limit that was measured in the same run, with its value. */
  readonly against: string;
  readonly ratio: string;
  readonly target: string;
  /** null = has no target of its own. */
  readonly met: boolean | null;
}

export function renderSection(section: Section, conditions: string): string {
  const verdict = (met: boolean | null): string => (met === null ? '' : met ? 'yes' : '**no**');
  const lines = section.rows.map(
    (row) => `| ${row.what} | ${row.measured} | ${row.against} | ${row.ratio} | ${row.target} | ${verdict(row.met)} |`,
  );
  return [
    `## ${section.title}`,
    '',
    section.method,
    '',
    '| what | measured | against | ratio | target | met |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    `_${conditions}_`,
    '',
  ].join('\n');
}

/** A row without a peer. */
export function plainRow(what: string, measured: string, target = '', met: boolean | null = null): Row {
  return { what, measured, against: '', ratio: '', target, met };
}
