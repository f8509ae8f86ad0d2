import type { DriftDocument, VmDocument } from '../client/vm-document.ts';
import type { Tone } from './paint.ts';

/** A line of `vm get`: one aspect as it was asked for and as it is. */
export interface VmRow {
  readonly field: string;
  readonly desired: string;
  readonly observed: string;
  /** Why they differ; empty where they do not. */
  readonly note: string;
  readonly differs: boolean;
  readonly tone?: Tone;
}

export const driftOf = (vm: VmDocument, field: string): DriftDocument | undefined =>
  vm.status.drift.find((drift) => drift.field === field || drift.field.startsWith(`${field}.`));
