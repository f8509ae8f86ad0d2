import type { secretCloudInit } from '../instance/spec.ts';
import type { Json } from '../kit/json.ts';

/**
 * Cost of a change (spec §2). `none`: no contact with the guest. `in_place`: on the live process. `restart`: at the
 * next start. `replace`: the root disk is made anew. `refused`: never, as long as the instance lives.
 */
export type ChangeCost = 'none' | 'in_place' | 'restart' | 'replace' | 'refused';

/** Why a change has its cost; stable words. */
export type ChangeBecause =
  | 'not_seen_by_guest'
  | 'needs_new_process'
  | 'within_headroom'
  | 'above_headroom'
  | 'below_minimum'
  | 'cores_are_never_unplugged'
  | 'headroom_unknown'
  | 'grows_in_place'
  | 'disks_never_shrink'
  | 'disks_never_move'
  | 'plugged_in_place'
  | 'taken_back'
  | 'restart_asked_before'
  | 'no_free_port'
  | 'removed_with_its_data'
  | 'order_matters'
  | 'forwarded_in_place'
  | 'root_disk_made_anew'
  | 'no_root_disk_yet'
  | 'nothing_made_yet'
  | 'read_at_boot';

/**
 * A value as a plan may show it. `hidden` stands for a text of cloud-init that no plan holds (spec §5): its sha256 is put
 * there where plans are rendered.
 */
export type PlannedValue =
  | { readonly kind: 'shown'; readonly value: Json }
  | { readonly kind: 'hidden'; readonly key: (typeof secretCloudInit)[number] };

/** One field that a change touches. */
export interface PlannedChange {
  /**
   * As in documents: `nics[0].forwards`, `disks[1].size_gib`. Indices are those of the new list; of the old one for
   * what goes.
   */
  readonly field: string;
  readonly from: PlannedValue;
  readonly to: PlannedValue;
  readonly cost: ChangeCost;
  readonly because: ChangeBecause;
  /** Disks whose content is lost: `root`, or the name of a data disk. */
  readonly destroys: readonly string[];
}

/** None of these disks was ever made: nothing is lost with them, and the next start makes what is wanted then. */
export function withoutLoss(changes: readonly PlannedChange[], unmade: readonly string[]): readonly PlannedChange[] {
  return changes.map((planned) => {
    const { destroys } = planned;
    if (destroys.length === 0 || !destroys.every((disk) => unmade.includes(disk))) return planned;
    return { ...planned, cost: 'restart', because: 'nothing_made_yet', destroys: [] };
  });
}

/** The name under which plans and refusals speak of the root disk; no data disk may have it. */
export const rootDiskName = 'root';

export const shown = (value: Json): PlannedValue => ({ kind: 'shown', value });
