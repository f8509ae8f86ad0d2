import type { ExplanationDocument } from '../client/documents.ts';
import { phaseTone } from './paint.ts';
import { plainText, wrapText } from './text-width.ts';
import type { View } from './view.ts';

const proseColumns = 110;

export function renderExplain(explanation: ExplanationDocument, view: View): string {
  const { summary, lines, phase, in_sync: inSync } = explanation;
  const width = Math.max(30, (view.columns ?? proseColumns) - 4);
  const body = lines.flatMap((line) =>
    wrapText(plainText(line), width).map((part, at) => `${at === 0 ? '  - ' : '    '}${part}\n`),
  );
  return `${view.paint(inSync ? 'good' : phaseTone(phase), plainText(summary))}\n${body.join('')}`;
}
