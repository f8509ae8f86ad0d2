/**
 * `depends_on` (spec §6): an instance gets its first place once everything it depends on was made. One that failed, or is
 * not there, leaves its dependents `pending(dependency_failed)`; whoever has a place keeps it.
 */
import { type Phase, phaseWords } from '../instance/phase.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { PlacementDecision } from './decide-placement.ts';

/** An instance that another one depends on, as it is read now. */
export interface Dependency {
  readonly name: string;
  /** Null = no instance has that name. */
  readonly phase: Phase | null;
  /** The code of its reason, in the phases that have one. */
  readonly code: string | null;
}

type Standing = 'made' | 'coming' | 'failed';

/**
 * What keeps the dependent off every node; null = nothing. A failed dependency is told before one that is still coming.
 * `cycle`: its dependencies lead back to it. It is told by its path and not by phases: each would be derived from the next
 * one round the cycle, and never come to rest.
 */
export function decideDependencies(
  dependencies: readonly Dependency[],
  cycle: readonly string[] | null,
): Extract<PlacementDecision, { kind: 'pending' }> | null {
  if (cycle !== null) {
    return { kind: 'pending', code: 'dependency_failed', message: `depends_on forms a cycle: ${cycle.join(' → ')}` };
  }
  const failed = dependencies.find((dependency) => standingOf(dependency) === 'failed');
  if (failed !== undefined) {
    return {
      kind: 'pending',
      code: 'dependency_failed',
      message: `It depends on "${failed.name}", ${stateOf(failed)}`,
    };
  }
  const coming = dependencies.find((dependency) => standingOf(dependency) === 'coming');
  if (coming === undefined) return null;
  return { kind: 'pending', code: 'dependency_not_ready', message: `Waits for "${coming.name}", ${stateOf(coming)}` };
}

function standingOf({ phase, code }: Dependency): Standing {
  switch (phase) {
    case null:
    case 'error':
    case 'orphaned':
    case 'deleting':
    case 'gone':
      return 'failed';
    case 'pending':
      return code === 'dependency_failed' ? 'failed' : 'coming';
    case 'creating':
      return 'coming';
    // It ran before, or is to be off: it was made.
    case 'starting':
    case 'running':
    case 'paused':
    case 'stopping':
    case 'stopped':
    case 'migrating':
      return 'made';
    default:
      return exhaustive(phase);
  }
}

function stateOf({ phase, code }: Dependency): string {
  if (phase === null) return 'which does not exist';
  return `which is ${phaseWords(phase)}${code === null ? '' : ` (${code})`}`;
}
