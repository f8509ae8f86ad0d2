import type { VmReading } from '../../core/convergence/reading.ts';
import type { JsonObject } from '../../core/kit/json.ts';

/** What a refusal says of a guest that does not run: how far it is, and what can be done where a `start` is not it. */
export function notRunningDetails(reading: VmReading): JsonObject {
  const { phase } = reading;
  const next = nextAction(reading);
  return next === null ? { phase } : { phase, next_action: next };
}

/** Null: it is to be started, as the table of errors says. */
function nextAction({ phase, view }: VmReading): string | null {
  const { name, desiredPhase } = view.record;
  if (phase === 'pending') return `See what it waits for with 'holdfast explain ${name}'`;
  if (desiredPhase !== 'running') return null;
  switch (phase) {
    case 'creating':
    case 'starting':
    case 'stopping':
    case 'migrating':
      return `Wait until it runs with 'holdfast vm wait ${name} --for running', then repeat`;
    case 'error':
      return `See why with 'holdfast explain ${name}'; 'holdfast vm start ${name}' tries it again at once`;
    default:
      return null;
  }
}
