/** `depends_on` is a graph without cycles; the one that would close is named (spec §6). */
import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { Mutation } from '../mutate.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { vmKey } from '../rows.ts';
import type { OperationContext } from './context.ts';

/** Checks the graph as it would be with `changed` in place of what is stored under their names. */
export function checkDependencies(ctx: Pick<OperationContext, 'model'>, changed: readonly VmRecord[]): Refusal | null {
  const byName = new Map(changed.map((record) => [record.name, record]));
  const edgesOf = (name: string): readonly string[] =>
    (byName.get(name) ?? ctx.model.get(name)?.record)?.spec.dependsOn ?? [];
  for (const record of changed) {
    if (record.spec.dependsOn.length === 0) continue;
    const cycle = findCycle(record.name, edgesOf);
    if (cycle !== null) {
      return refuse('cycle', `depends_on forms a cycle: ${cycle.join(' → ')}`, { cycle: [...cycle] });
    }
  }
  return null;
}

/**
 * Rows that the check looked at beside those it changes. Requests that each see only one side of a cycle would close it
 * together: whoever comes second is judged again.
 */
export function dependencyGuards(
  { model }: Pick<OperationContext, 'model'>,
  changed: readonly VmRecord[],
): Mutation<unknown>['expect'] {
  if (changed.length === 0) return [];
  const ours = new Set(changed.map(({ name }) => name));
  const seen = new Set(changed.flatMap(({ spec }) => spec.dependsOn));
  // A set goes on with what is added to it on the way.
  for (const name of seen) for (const next of model.get(name)?.record.spec.dependsOn ?? []) seen.add(next);
  return [...seen]
    .filter((name) => !ours.has(name))
    .map((name) => ({ key: vmKey(name), modRevision: model.get(name)?.revision ?? 0 }));
}

/** Names of those that depend on it, with `changed` in place of what is stored under their names; what is deleted depends on nothing. */
export function dependentsOf(
  { model }: Pick<OperationContext, 'model'>,
  name: string,
  changed: readonly VmRecord[],
): readonly string[] {
  const ours = new Set(changed.map((record) => record.name));
  const stored = [...model.index.dependentsOf(name)].filter((other) => !ours.has(other));
  const records = [...changed, ...stored.flatMap((other) => model.get(other)?.record ?? [])];
  return records
    .filter(({ desiredPhase, spec }) => desiredPhase !== 'deleted' && spec.dependsOn.includes(name))
    .map((record) => record.name)
    .sort();
}

/** The cycle that a stored VM is on, which no check let in; null = none. */
export function storedCycle({ model }: Pick<OperationContext, 'model'>, name: string): readonly string[] | null {
  return findCycle(name, (each) => model.get(each)?.record.spec.dependsOn ?? []);
}

/** A path from `start` back to itself, by depth-first search with its own stack. */
function findCycle(start: string, edgesOf: (name: string) => readonly string[]): readonly string[] | null {
  const seen = new Set<string>();
  const stack: { readonly name: string; readonly path: readonly string[] }[] = [{ name: start, path: [start] }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    for (const next of edgesOf(top.name)) {
      if (next === start) return [...top.path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      stack.push({ name: next, path: [...top.path, next] });
    }
  }
  return null;
}
