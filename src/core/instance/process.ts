/** Identifies one process for ever: a pid alone is reused, the three together are not (spec F4). */
export interface ProcessProof {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTime: number;
  readonly bootId: string;
}

/** How a process ended. `unknown` is normal for processes adopted after an agent restart. */
export type ProcessExit =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'unknown' };

/** One look at the process of an incarnation (spec F2, F4). A zombie is dead; a boot id of another boot is dead. */
export type ProcessEvidence =
  | { readonly life: 'none' }
  | { readonly life: 'alive'; readonly proof: ProcessProof }
  | {
      readonly life: 'dead';
      readonly exit: ProcessExit;
      readonly oomKilled: boolean;
      readonly stderrTail: readonly string[];
    }
  | { readonly life: 'inconclusive'; readonly because: string };
