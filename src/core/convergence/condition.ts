/** A condition: one aspect of a VM, true, false or unknown (spec §2 `status`). */
import type { TimeMs } from '../kit/brand.ts';

export type ConditionType = 'placed' | 'realised' | 'running' | 'healthy' | 'responsive' | 'converged';

export interface Condition {
  readonly type: ConditionType;
  readonly status: 'true' | 'false' | 'unknown';
  readonly code: string;
  readonly message: string;
  readonly generation: number;
  readonly since: TimeMs;
}

export type Judged = Omit<Condition, 'type' | 'generation'>;

export function say(status: Condition['status'], code: string, message: string, since: TimeMs): Judged {
  return { status, code, message, since };
}
