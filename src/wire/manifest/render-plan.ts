/** Plans as documents: what `plan`, `diff` and refusals show. Secrets of cloud-init appear as their sha256 only (spec §5). */

import type { PlannedChange, PlannedValue } from '../../core/desired/planned-change.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { sameJson } from '../../core/kit/same-json.ts';
import { hashText } from '../hash-spec.ts';
import type { Offence } from './offence.ts';

function renderValue(value: PlannedValue, spec: VmSpec): Json {
  if (value.kind === 'shown') return value.value;
  const text = spec.cloudInit?.[value.key] ?? null;
  return text === null ? null : hashText(text);
}

/** `from` and `to` are the specs that the plan was made of. */
export function renderPlan(changes: readonly PlannedChange[], from: VmSpec, to: VmSpec): readonly JsonObject[] {
  return changes.map((change) => {
    const document = {
      field: change.field,
      from: renderValue(change.from, from),
      to: renderValue(change.to, to),
      cost: change.cost,
      because: change.because,
    };
    return change.destroys.length === 0 ? document : { ...document, destroys: change.destroys };
  });
}

/** Labels, annotations and description: what can change without a new generation (spec S2). */
export interface Metadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly description: string | null;
}

/** The plan of a change of metadata: always free. */
export function renderMetadataPlan(from: Metadata, to: Metadata): readonly JsonObject[] {
  return (['labels', 'annotations', 'description'] as const)
    .filter((field) => !sameJson(from[field], to[field]))
    .map((field) => ({ field, from: from[field], to: to[field], cost: 'none', because: 'not_seen_by_guest' }));
}

const refusals: Partial<Record<PlannedChange['because'], string>> = {
  disks_never_shrink: 'A disk never gets smaller',
  disks_never_move: 'A disk stays in its pool',
};

/** Offences for changes that are never possible (`decideApplyMode` → `validation_failed`). */
export function refusedOffences(changes: readonly PlannedChange[], document: number): readonly Offence[] {
  return changes.map((change) => {
    const was = change.from.kind === 'shown' ? change.from.value : null;
    const isSize = change.because === 'disks_never_shrink';
    const words = was === null ? 'the size of its image' : `${JSON.stringify(was)}${isSize ? ' GiB' : ''}`;
    return {
      document,
      path: `$.${change.field}`,
      code: isSize ? 'out_of_range' : 'immutable',
      message: `${refusals[change.because] ?? 'This cannot be changed'}; it is ${words}`,
      got: change.to.kind === 'shown' ? change.to.value : null,
      expected: isSize && was !== null ? `integer ${was}.., in GiB` : was,
    };
  });
}
