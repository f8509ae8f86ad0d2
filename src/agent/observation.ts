/**
 * Record + evidence → what is reported of an instance. Pure. No host path, pid, start time or boot id leaves the node (S7):
 * the proof of a process stays in the record, the observation only says what the guest does.
 */

import type { InstanceLook, VmFacts } from '../core/instance/evidence.ts';
import { type Incarnation, isLive, startedAtOf } from '../core/instance/incarnation.ts';
import type { InstanceRecord } from '../core/instance/record.ts';
import { runningSpec, unknownHash } from '../core/instance/running-spec.ts';
import type { VmSpec } from '../core/instance/spec.ts';
import { specIdentity } from '../core/instance/spec-identity.ts';
import type { Unready } from '../core/instance/unready.ts';
import { exhaustive } from '../core/kit/exhaustive.ts';
import { sameJson } from '../core/kit/same-json.ts';
import type { ObservedHealth, ObservedIncarnation, ObservedInstance, Waiting } from '../core/node/observation.ts';
import { hashSpec } from '../wire/hash-spec.ts';

export function observationOf(
  record: InstanceRecord,
  evidence: InstanceLook,
  also: {
    readonly ordered: VmSpec;
    readonly facts: ObservedInstance['facts'];
    readonly waiting: Waiting | null;
    readonly health: ObservedHealth | null;
    readonly unready: readonly Unready[];
  },
): ObservedInstance {
  const { facts } = also;
  const hashOf = (incarnation: Incarnation): string => runningHash(incarnation, record, also);
  return {
    uid: record.uid,
    placement: record.placement,
    seenGeneration: record.seenGeneration,
    observedGeneration: record.observedGeneration,
    incarnation:
      record.incarnation === null ? null : observedIncarnation(record.incarnation, hashOf(record.incarnation)),
    everRan: record.everRan,
    guest: guestOf(evidence),
    silentSince: record.silentSince,
    facts,
    failure: record.failure,
    operationError: record.operationError,
    history: record.history,
    restart: record.restart,
    runEnded: record.runEnded,
    waiting: waitingOf(record, also.waiting),
    images: record.images,
    hostPorts: record.hostPorts,
    health: also.health,
    unready: also.unready,
  };
}

/** A wait for the end of a process is over with the process, even before the next look has said what comes then. */
function waitingOf({ incarnation }: InstanceRecord, waiting: Waiting | null): Waiting | null {
  const forItsEnd = waiting?.for === 'guest_shutdown' || waiting?.for === 'process_exit';
  return forItsEnd && (incarnation === null || !isLive(incarnation.state)) ? null : waiting;
}

/**
 * Hash of what provably runs (spec §2): it moves with each change in place, and only when the change is proven. What an
 * adopted process was started from is not known, whatever its monitor says.
 */
function runningHash(
  { started }: Incarnation,
  { hostPorts }: InstanceRecord,
  { ordered, facts }: { readonly ordered: VmSpec; readonly facts: ObservedInstance['facts'] },
): string {
  if (started.specHash === unknownHash) return unknownHash;
  const running = runningSpec({ started: started.spec, facts, hostPorts }, ordered);
  return sameJson(specIdentity(running), specIdentity(started.spec)) ? started.specHash : hashSpec(running);
}

function observedIncarnation(incarnation: Incarnation, hash: string): ObservedIncarnation {
  const { state, started } = incarnation;
  return {
    id: incarnation.id,
    run: incarnation.run,
    state: state.kind,
    stateGeneration: incarnation.stateGeneration,
    stateSince: incarnation.stateSince,
    startedAt: startedAtOf(state),
    startedGeneration: started.generation,
    runningHash: hash,
    startedSpec: started.spec,
    stopping: state.kind === 'stopping' ? { because: state.because, mode: state.mode, killAt: state.killAt } : null,
    endCause: state.kind === 'destroyed' ? state.cause : null,
  };
}

function guestOf({ process, monitor }: InstanceLook): ObservedInstance['guest'] {
  switch (process.life) {
    case 'none':
    case 'dead':
      return 'none';
    case 'inconclusive':
      return 'unknown';
    case 'alive':
      return monitor.kind === 'answered' ? monitor.state : 'silent';
    default:
      return exhaustive(process);
  }
}

export function withoutMetrics(facts: VmFacts): Omit<VmFacts, 'metrics'> {
  const { metrics: _metrics, ...rest } = facts;
  return rest;
}
