import type { VmStatusDocument } from '../client/documents.ts';
import { failureKinds, isFailureCode } from '../core/instance/failure-reason.ts';
import { renderMoment } from './render-age.ts';

/** `crash loop, next try in 40s` where a process keeps dying; `next try in 4s` where something outside is not there yet. */
export function nextTryNote({ reason, restart }: VmStatusDocument, now: number): string {
  const code = reason?.code ?? '';
  const dies = isFailureCode(code) && failureKinds[code].retry === 'by_policy';
  return `${dies ? 'crash loop, ' : ''}next try ${renderMoment(restart.next_at, now)}`;
}
