import { hangText } from '../../cli/text-width.ts';

/** One thing `holdfast doctor` looked at. `mend` is a command or an instruction that changes the verdict. */
export interface Finding {
  readonly check: string;
  /** ok: nothing to do · limited: works, with something missing · missing: VMs cannot run here. */
  readonly verdict: 'ok' | 'limited' | 'missing';
  readonly message: string;
  readonly mend: string | null;
}

/** Exit code of doctor: 0 when VMs can run here, else 1. */
export function exitCodeOf(findings: readonly Finding[]): number {
  return findings.some(({ verdict }) => verdict === 'missing') ? 1 : 0;
}

/** Aligned lines, the command that mends a finding below it. */
export function renderFindings(findings: readonly Finding[], columns: number | null): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, verdict, message, mend }) => [
    `${verdict.padEnd(8)} ${check.padEnd(width)}  ${message}`,
    ...(mend === null ? [] : [`${' '.repeat(9 + width)}  → ${mend}`]),
  ]);
  return lines.map((line) => `${hangText(line, columns, ' '.repeat(11 + width))}\n`).join('');
}
