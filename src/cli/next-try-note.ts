import type { VmStatusDocument } from '../client/vm-document.ts';
import { isCrashLoop } from '../core/instance/crash-loop.ts';
import { failureKinds, isFailureCode } from '../core/instance/failure-reason.ts';
import { renderMoment } from './render-age.ts';

/** `crash loop, next try in 40s` where a process keeps dying; `next try in 4s` where something outside is not there yet. */
export function nextTryNote({ reason, restart }: VmStatusDocument, now: number): string {
  const code = reason?.code ?? '';
  const loops = isCrashLoop(restart) && isFailureCode(code) && failureKinds[code].retry === 'by_policy';
  const due = restart.next_at !== null && Date.parse(restart.next_at) <= now;
  return `${loops ? 'crash loop, ' : ''}next try ${due ? 'now' : renderMoment(restart.next_at, now)}`;
}
