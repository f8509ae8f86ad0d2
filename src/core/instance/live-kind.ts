import { exhaustive } from '../kit/exhaustive.ts';
import type { IncarnationStateKind } from './incarnation.ts';

/** S29 `isLive` for an observed incarnation, of which only the kind of its state is known. */
export function isLiveKind(kind: IncarnationStateKind): boolean {
  switch (kind) {
    case 'creating':
    case 'starting':
    case 'running':
    case 'paused':
    case 'stopping':
    case 'stopped':
    case 'rebooting':
    case 'migrating':
      return true;
    case 'failed':
    case 'destroyed':
    case 'unwound':
      return false;
    default:
      return exhaustive(kind);
  }
}
