import type { PlannedChange, PlannedValue } from '../../core/desired/planned-change.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { hashText } from '../../wire/hash-spec.ts';

/** One change of a plan as documents show it. user_data is never in a plan: its sha256 stands for it (spec §5). */
export function renderPlannedChange(change: PlannedChange, from: VmSpec, to: VmSpec = from): JsonObject {
  return {
    field: change.field,
    from: renderValue(change.from, from),
    to: renderValue(change.to, to),
    cost: change.cost,
    because: change.because,
    ...(change.destroys.length === 0 ? {} : { destroys: [...change.destroys] }),
  };
}

function renderValue(value: PlannedValue, spec: VmSpec): Json {
  if (value.kind === 'shown') return value.value;
  const secret = spec.cloudInit?.userData ?? null;
  return secret === null ? null : hashText(secret);
}
