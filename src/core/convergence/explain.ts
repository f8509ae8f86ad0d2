/** `holdfast explain NAME`: why a VM is as it is, in sentences, first the one that matters most (spec S20). */

import { liveIncarnation, phaseWords } from '../instance/phase.ts';
import type { JsonObject } from '../kit/json.ts';
import { nodeOf } from '../placement/placement.ts';
import { clockText } from './clock-text.ts';
import { driftNextStep, driftReason, driftText } from './drift-text.ts';
import { nextRunOf } from './next-run.ts';
import type { VmReading } from './reading.ts';
import { renderDrift } from './render-status.ts';
import { currentObservation } from './vm-view.ts';

export interface Explanation {
  readonly summary: string;
  readonly lines: readonly string[];
}

export function explainVm(reading: VmReading): Explanation {
  const { view, phase, reason, waiting, drift, inSync } = reading;
  const { record, removedAt } = view;
  if (removedAt !== null) {
    const kept = 'its record and history are kept for a while, by its uid';
    return { summary: `VM "${record.name}" is gone`, lines: [`Removed at ${clockText(removedAt)} UTC; ${kept}`] };
  }
  const lines: string[] = [];
  if (reason !== null) lines.push(`${reason.message} (${reason.code})`, `Next: ${reason.nextAction}`);
  if (waiting !== null) {
    lines.push(`Since ${clockText(waiting.since)}: ${waiting.message}`);
    lines.push(`Reads error(operation_deadline_exceeded) at ${clockText(waiting.deadline)} unless it moves`);
  }
  const next = nextRunOf(view);
  if (next !== null) {
    const { run } = next.present;
    lines.push(
      `The guest goes on with run ${run} until what run ${record.run} is made of has been fetched and checked`,
    );
    if (next.waiting !== null) lines.push(`Since ${clockText(next.waiting.since)}: ${next.waiting.message}`);
  }
  for (const entry of drift) {
    // The sentence about lost files says why itself.
    lines.push(entry.field === 'disk_files' ? driftText(entry) : `${driftText(entry)} (${driftReason(entry)})`);
  }
  const observed = currentObservation(view)?.instance ?? null;
  // What is off is told by its reason how it starts, which brings every change.
  const steps = liveIncarnation(observed) === null ? [] : drift.map((entry) => driftNextStep(record.name, entry));
  lines.push(...new Set(steps.flatMap((step) => (step === null ? [] : [`Next: ${step}`]))));
  if (observed === null) lines.push('No node has reported it yet');
  else if (observed.seenGeneration < record.generation) {
    lines.push(`The node has seen generation ${observed.seenGeneration} of ${record.generation}`);
  }
  if (reading.stale) lines.push(`Node ${view.node?.name ?? ''} has not been heard of: what is shown may be old`);
  // In sync although it ended by itself (a guest power-off, say): told before the conditions, none of which says what
  // brings it back.
  const converged = reading.conditions.find(({ type }) => type === 'converged');
  if (inSync && converged !== undefined && converged.code !== 'in_sync') lines.push(converged.message);
  for (const condition of reading.conditions) {
    // The waiter, the failure and the drift are messages of conditions as well: each is told once.
    if (condition.status === 'true' || lines.some((line) => line.includes(condition.message))) continue;
    lines.push(`${condition.type}: ${condition.message} (${condition.code})`);
  }
  const state = inSync ? `in sync at generation ${record.generation}` : 'not in sync';
  return { summary: `VM "${record.name}" is ${phaseWords(phase)}, ${state}`, lines };
}

export function renderExplanation(reading: VmReading): JsonObject {
  const { view } = reading;
  const { summary, lines } = explainVm(reading);
  return {
    name: view.record.name,
    uid: view.record.uid,
    phase: reading.phase,
    in_sync: reading.inSync,
    summary,
    lines: [...lines],
    drift: reading.drift.map(renderDrift),
    node: nodeOf(view.placement),
  };
}
