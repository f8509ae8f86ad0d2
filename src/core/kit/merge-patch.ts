import type { Json, JsonObject } from './json.ts';

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * JSON merge patch (RFC 7396): objects merge, `null` removes a member, everything else (lists too) replaces.
 * Neither argument is changed. Members named like the prototype's are data as any other.
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const key in patch) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) delete merged[key];
    else setMember(merged, key, mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value));
  }
  return merged;
}

function setMember(object: Record<string, Json | undefined>, key: string, value: Json): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
