/**
 * A newer run is ordered, and the guest of an older one lives. A guest that executes, or could, is not stopped for artefacts
 * that are not there (ADR 14):
 *
 *   fetch ──► fetched ──► digests journaled ──► condemned
 *     ▲   └──► failed ──► operation error on the live incarnation, which goes on
 *     └────────── retry class, or a newer order ──────────┘
 *
 * Meanwhile pause and resume are obeyed. Health checks and `on_unresponsive` are not: what they would restart is this fetch's
 * own end, and the checks are those of the newer order.
 */
import type { TimeMs } from '../kit/brand.ts';
import type { LiveSituation } from './classify.ts';
import { decideGuestState, decideGuestStateMet, isOnlyReported } from './decide-guest-state.ts';
import { condemn } from './decide-stop.ts';
import { decideTakenBack } from './decide-taken-back.ts';
import { act, type Decision, journal, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { ArtefactsEvidence } from './evidence.ts';
import { failureKinds } from './failure-reason.ts';
import type { InstanceRecord } from './record.ts';

export function decideSuperseded(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  now: TimeMs,
): Decision {
  const { guest } = situation;
  const stop = act(condemn(desired, situation, 'run_superseded', now), 'run_superseded');
  // Never let go, or at an end that only a new run leaves: nothing is lost with it.
  if (guest === 'frozen' || guest === 'panicked' || guest === 'internal_error' || guest === 'powered_off') return stop;
  const kept = decideTakenBack(desired, record, situation, now);
  if (kept !== null) return kept;
  const artefacts = artefactsFor(desired, situation);
  if (artefacts?.state.kind === 'fetched') {
    const { images } = artefacts.state;
    return isSettled(record, images) ? stop : journal({ kind: 'fetched', images }, 'artefacts_ready');
  }
  const state = guest === 'silent' ? null : decideGuestState(desired, record, situation, guest);
  if (state !== null && !isOnlyReported(state)) return state;
  const met = state === null && guest !== 'silent' ? decideGuestStateMet(desired, record) : null;
  return met ?? decideFetch(desired, record, artefacts, now);
}

/** What was found out about the artefacts that are wanted now; null = nothing. */
function artefactsFor(desired: DesiredVm, { artefacts, incarnation }: LiveSituation): ArtefactsEvidence | null {
  if (artefacts === null || artefacts.specHash !== desired.specHash) return null;
  return artefacts.run > incarnation.run ? artefacts : null;
}

/** The digests that the next start will insist on are durable, and no error of an earlier try stands. */
function isSettled(record: InstanceRecord, images: InstanceRecord['images']): boolean {
  const fixed = Object.entries(images).every(([url, { sha256 }]) => record.images[url]?.sha256 === sha256);
  return fixed && record.operationError === null;
}

/** Of an older order: kept as what was told last, until this one fails or succeeds. */
const ofOrder = (error: InstanceRecord['operationError'], { generation }: DesiredVm): typeof error =>
  error !== null && error.generation >= generation ? error : null;

function decideFetch(
  desired: DesiredVm,
  record: InstanceRecord,
  artefacts: ArtefactsEvidence | null,
  now: TimeMs,
): Decision {
  // S23: alive, and running is wanted. What failed was an older order; this one is tried at once.
  const error = ofOrder(record.operationError, desired);
  const state = artefacts?.state;
  if (state?.kind === 'fetching') return nothing('image_download');
  if (state?.kind === 'failed' && artefacts?.generation === desired.generation) {
    const isTold = error?.reason.at === state.reason.at;
    if (!isTold) return journal({ kind: 'fetch_failed', reason: state.reason }, 'operation_failed');
  }
  if (error !== null && failureKinds[error.reason.code].retry === 'on_change') return nothing('awaiting_change');
  if (error?.retryAt != null && error.retryAt > now) return nothing('operation_failed', error.retryAt);
  return act({ kind: 'fetch' }, 'run_superseded');
}
