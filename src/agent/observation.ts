/**
 * Record + evidence → what is reported of an instance. Pure. No host path, pid, start time or boot id leaves the node (S7):
 * the proof of a process stays in the record, the observation only says what the guest does.
 */
import type { InstanceLook, VmFacts } from '../core/instance/evidence.ts';
import { type Incarnation, startedAtOf } from '../core/instance/incarnation.ts';
import type { InstanceRecord } from '../core/instance/record.ts';
import type { ObservedHealth, ObservedIncarnation, ObservedInstance, Waiting } from '../core/node/observation.ts';

export function observationOf(
  record: InstanceRecord,
  evidence: InstanceLook,
  also: { readonly waiting: Waiting | null; readonly health: ObservedHealth | null },
): ObservedInstance {
  return {
    uid: record.uid,
    placement: record.placement,
    seenGeneration: record.seenGeneration,
    observedGeneration: record.observedGeneration,
    incarnation: record.incarnation === null ? null : observedIncarnation(record.incarnation),
    everRan: record.everRan,
    guest: guestOf(evidence),
    silentSince: record.silentSince,
    facts: evidence.facts === null ? null : withoutMetrics(evidence.facts),
    failure: record.failure,
    operationError: record.operationError,
    history: record.history,
    restart: record.restart,
    runEnded: record.runEnded,
    waiting: also.waiting,
    images: record.images,
    hostPorts: record.hostPorts,
    health: also.health,
  };
}

function observedIncarnation(incarnation: Incarnation): ObservedIncarnation {
  const { state, started } = incarnation;
  return {
    id: incarnation.id,
    run: incarnation.run,
    state: state.kind,
    stateGeneration: incarnation.stateGeneration,
    stateSince: incarnation.stateSince,
    startedAt: startedAtOf(state),
    startedGeneration: started.generation,
    runningHash: started.specHash,
    startedSpec: started.spec,
    stopping: state.kind === 'stopping' ? { because: state.because, mode: state.mode, killAt: state.killAt } : null,
    endCause: state.kind === 'destroyed' ? state.cause : null,
  };
}

export function guestOf({ process, monitor }: InstanceLook): ObservedInstance['guest'] {
  switch (process.life) {
    case 'none':
    case 'dead':
      return 'none';
    case 'inconclusive':
      return 'unknown';
    case 'alive':
      return monitor.kind === 'answered' ? monitor.state : 'silent';
  }
}

export function withoutMetrics(facts: VmFacts): Omit<VmFacts, 'metrics'> {
  const { metrics: _metrics, ...rest } = facts;
  return rest;
}
