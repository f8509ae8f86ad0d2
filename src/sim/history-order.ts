import type { VmSpec } from '../core/instance/spec.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';

/** The part of a record that a generation stands for. */
export interface Order {
  readonly generation: number;
  readonly phase: VmRecord['desiredPhase'];
  readonly run: number;
  readonly paused: boolean;
  readonly stopMode: VmRecord['stopMode'];
  readonly specHash: string;
  readonly spec: VmSpec;
}

export function orderOf({ generation, desiredPhase, run, desiredPaused, stopMode, specHash, spec }: VmRecord): Order {
  return { generation, phase: desiredPhase, run, paused: desiredPaused, stopMode, specHash, spec };
}
