import type { Json, JsonObject } from './json.ts';
import { sameJson } from './same-json.ts';

/**
 * `after` with every member that says the same as in `before` taken from there, and `before` itself when all do: versions of
 * a value that is held many times share what did not change, and what is the same object needs no comparing.
 */
export function shareParts<T extends object>(before: T, after: T): T {
  let shared = after;
  let differs = Object.keys(before).length !== Object.keys(after).length;
  for (const key in after) {
    if (before[key] === after[key]) continue;
    if (!Object.hasOwn(before, key) || !sameJson(before[key], after[key])) differs = true;
    else {
      if (shared === after) shared = { ...after };
      shared[key] = before[key];
    }
  }
  return differs ? shared : before;
}

/**
 * `value` with every part of it, however deep, that says the same as the part of `model` in its place taken from there, texts
 * too: rows that are alike hold once what they have in common. What differs in the order of its members is not the same.
 */
export function shareDeep(model: Json | undefined, value: Json): Json {
  // Equal texts are held once.
  if (model === undefined || model === value) return model ?? value;
  if (typeof model !== 'object' || typeof value !== 'object' || model === null || value === null) return value;
  if (isList(model) || isList(value)) return isList(model) && isList(value) ? shareItems(model, value) : value;
  return shareMembers(model, value);
}

const isList = (value: JsonObject | readonly Json[]): value is readonly Json[] => Array.isArray(value);

function shareItems(model: readonly Json[], value: readonly Json[]): readonly Json[] {
  const shared = value.map((item, at) => shareDeep(model[at], item));
  return shared.length === model.length && shared.every((item, at) => item === model[at]) ? model : shared;
}

function shareMembers(model: JsonObject, value: JsonObject): JsonObject {
  const names = Object.keys(value);
  const namesOfModel = Object.keys(model);
  let same = names.length === namesOfModel.length;
  const shared: Record<string, Json | undefined> = { ...value };
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] as string;
    const given = value[name];
    const like = Object.hasOwn(model, name) ? model[name] : undefined;
    const part = given === undefined ? given : shareDeep(like, given);
    same &&= part === like && name === namesOfModel[at];
    shared[name] = part;
  }
  return same ? model : shared;
}
