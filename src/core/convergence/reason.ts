/** `status.reason`: present exactly in `pending`, `error` and `orphaned`, always with what to do next (spec §2). */
import { nextActionFor, nextActionOf } from '../instance/failure-reason.ts';
import { type Phase, phaseBeforeDeadline, standingFailureOf } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import type { JsonObject } from '../kit/json.ts';
import { pendingNextAction } from '../placement/pending.ts';
import { clockText } from './clock-text.ts';
import { nextRunOf } from './next-run.ts';
import { nextTryAt } from './next-start.ts';
import { currentObservation, type VmView } from './vm-view.ts';
import { waitingFor } from './waiting.ts';

export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly nextAction: string;
  readonly since: TimeMs;
  readonly details: JsonObject;
}

export function reasonOf(view: VmView, phase: Phase): Reason | null {
  if (phase === 'pending') return pendingReason(view);
  if (phase === 'orphaned') {
    return {
      code: 'node_expunged',
      message: `Node ${view.node?.name ?? 'of the VM'} was force-removed`,
      nextAction: nextActionFor('node_expunged', view.record.name),
      since: view.node?.healthSince ?? view.record.generationAt,
      details: {},
    };
  }
  return phase === 'error' ? errorReason(view) : null;
}

function pendingReason(view: VmView): Reason {
  const { placement, record } = view;
  const code = placement?.kind === 'pending' ? placement.code : 'unscheduled';
  return {
    code,
    message: placement?.kind === 'pending' ? placement.message : 'The scheduler has not looked at it yet',
    nextAction: pendingNextAction(code),
    since: placement?.since ?? record.generationAt,
    details: (placement?.kind === 'pending' ? placement.details : undefined) ?? {},
  };
}

function errorReason(view: VmView): Reason {
  const { name } = view.record;
  const observed = currentObservation(view)?.instance ?? null;
  const failure = observed === null ? null : standingFailureOf(view, observed);
  if (observed === null || failure === null || view.record.desiredPhase === 'deleted') return overdueReason(view);
  const { reason } = failure;
  const retryAt = nextTryAt(view, observed);
  const isTried = nextRunOf(view)?.waiting != null;
  const when = isTried ? 'now' : retryAt === null ? null : `by itself at ${clockText(retryAt)}`;
  const again = when === null ? '' : `; it is tried again ${when}`;
  const nextAction = nextActionOf(reason, name).replace(/[.] It is tried again by itself$/, '');
  return {
    code: reason.code,
    message: reason.message,
    nextAction: `${nextAction}${again}`,
    since: reason.at,
    details: reason.details,
  };
}

/** Time alone made it an error: the waiter's deadline is over, retries go on (spec F1). */
function overdueReason(view: VmView): Reason {
  const { name } = view.record;
  const phase = phaseBeforeDeadline(view);
  const waiting = waitingFor(view, phase);
  const away = phase === 'deleting' && view.node !== null && view.node.health !== 'ready';
  return {
    code: 'operation_deadline_exceeded',
    message: `VM "${name}" has been ${phase} since ${clockText(waiting.since)} without progress: ${waiting.message}`,
    nextAction: away
      ? `Bring node ${view.node?.name} back, or run 'holdfast vm delete ${name} --forget' to free the name`
      : nextActionFor('operation_deadline_exceeded', name),
    since: waiting.deadline,
    details: { phase, waiting_for: waiting.for },
  };
}
