import { exhaustive } from '../kit/exhaustive.ts';
import type { ApplyMode } from './decide-apply-mode.ts';
import type { LiveHeadroom } from './plan-change.ts';
import type { PlannedChange } from './planned-change.ts';

export type Refusal = Extract<ApplyMode, { readonly kind: 'refuse' }>;

/** What a refused change was part of. */
export interface RefusedRequest {
  readonly name: string;
  /** `resize`, `change`, `apply`: the verb of the message. */
  readonly verb: string;
  readonly live: LiveHeadroom | null;
}

const targetOf = (change: PlannedChange): string =>
  change.to.kind === 'shown' ? JSON.stringify(change.to.value) : 'a new value';

function headroomOf(field: string, live: LiveHeadroom | null): string {
  if (live === null) return '';
  return ` ${field === 'cpu_cores' ? live.cpuCoresMax : live.memoryMaxMib}`;
}

function explainChange(change: PlannedChange, live: LiveHeadroom | null): string {
  const { field, because } = change;
  switch (because) {
    case 'above_headroom':
      return `${field} ${targetOf(change)} is above the headroom${headroomOf(field, live)} of the running incarnation`;
    case 'below_minimum':
      return `${field} ${targetOf(change)} is below what the running incarnation can shrink to`;
    case 'cores_are_never_unplugged':
      return `${field} ${targetOf(change)} takes cores away, which no running guest allows`;
    case 'headroom_unknown':
      return `${field} ${targetOf(change)} may be above the headroom, which the incarnation has not reported`;
    case 'no_free_port':
      return `${field} has no free port to be plugged into`;
    case 'order_matters':
      return `the new order of ${field} is seen at a start`;
    case 'read_at_boot':
      return `${field} is read when the guest boots`;
    case 'disks_never_shrink':
      return `${field} ${targetOf(change)} is smaller than the disk, and disks only grow`;
    case 'disks_never_move':
      return `${field} ${targetOf(change)} is another pool, and disks stay in theirs`;
    case 'removed_with_its_data':
      return `${field} is removed with its content`;
    case 'root_disk_made_anew':
      return `${field} makes the root disk anew`;
    case 'restart_asked_before':
      return `${field} ${targetOf(change)} is what runs, but a restart was asked for before and is still to come`;
    case 'no_root_disk_yet':
    case 'nothing_made_yet':
    case 'needs_new_process':
      return `${field} needs a new hypervisor process`;
    case 'not_seen_by_guest':
    case 'taken_back':
    case 'within_headroom':
    case 'grows_in_place':
    case 'plugged_in_place':
    case 'forwarded_in_place':
      return `${field} changes in place`;
    default:
      return exhaustive(because);
  }
}

/** More fields than this are counted, not told: the plan in the details has them all. */
const toldChanges = 3;

function explainChanges(changes: readonly PlannedChange[], live: LiveHeadroom | null): string {
  const told = changes.slice(0, toldChanges).map((change) => explainChange(change, live));
  const left = changes.length - told.length;
  return left > 0 ? `${told.join('; ')}; and ${left} more` : told.join('; ');
}

/** A deferral cannot hold off the restart that was asked for before. */
const consentTo = ({ restartAsked }: { readonly restartAsked: boolean }): string =>
  restartAsked
    ? 'on_restart=restart: a restart that was asked for before comes in any case, as soon as all it needs is there'
    : 'on_restart=restart, or on_restart=defer to apply it at the next start';

/** Message and next action of a refusal, for the error envelope (spec §2, §4). */
export function explainRefusal(
  refusal: Refusal,
  { name, verb, live }: RefusedRequest,
): { readonly message: string; readonly nextAction: string } {
  const why = explainChanges(refusal.changes, live);
  switch (refusal.code) {
    case 'restart_required':
      return {
        message: `Cannot ${verb} VM "${name}" in place: ${why}`,
        nextAction: `Repeat with ${consentTo(refusal)}`,
      };
    case 'would_destroy_data': {
      const disks = refusal.disks.map((disk) => `"${disk}"`).join(', ');
      return {
        message: `Cannot ${verb} VM "${name}" without losing the content of disk ${disks}: ${why}`,
        nextAction: refusal.needsRestart
          ? `Repeat with allow_replace=true if the content of ${disks} may be lost; the VM runs, so also with ${consentTo(refusal)}`
          : `Repeat with allow_replace=true if the content of ${disks} may be lost`,
      };
    }
    case 'validation_failed':
      return { message: `Cannot ${verb} VM "${name}": ${why}`, nextAction: 'Take the named changes back' };
    default:
      return exhaustive(refusal);
  }
}
