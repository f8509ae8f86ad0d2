/**
 * What leads from a value back to the one before it. A change of a VM touches a few of its members: what is kept of the value
 * before is a twentieth of it, and so is what the disk has to take.
 */
import { invariant } from '../../core/kit/exhaustive.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { shareDeep } from '../../core/kit/share-parts.ts';

/** What a value was, in a list of its own; or, of an object, what led back to those members that were others. */
export type Undo = readonly [before: Json] | UndoOfMembers;

export interface UndoOfMembers {
  readonly [name: string]: Undo;
}

/**
 * Leads from `after` back to `before`, with the same order of members. Undefined = nothing of it can be left out: they are not
 * two objects with the same names.
 */
export function undoOf(before: Json, after: Json): UndoOfMembers | undefined {
  return hasMembers(before) && hasMembers(after) ? undoOfMembers(before, after) : undefined;
}

/** The value before `after`. Throws where `undo` was made for another value. */
export function undone(after: Json, undo: Undo): Json {
  if (isWhole(undo)) return undo[0];
  invariant(hasMembers(after), 'what is undone is no object');
  const changed = Object.entries(undo).map(([name, part]) => {
    const now = Object.hasOwn(after, name) ? after[name] : undefined;
    invariant(now !== undefined, `what is undone has no member "${name}"`);
    return [name, undone(now, part)] as const;
  });
  // Members keep their places; one named `__proto__` is a member like any other.
  return Object.fromEntries([...Object.entries(after), ...changed]);
}

function undoOfMembers(before: JsonObject, after: JsonObject): UndoOfMembers | undefined {
  const namesBefore = Object.keys(before);
  const parts: [string, Undo][] = [];
  let at = 0;
  for (const name in after) {
    if (name !== namesBefore[at]) return undefined;
    at += 1;
    const was = before[name];
    const is = after[name];
    if (was === is) continue;
    // Text has no member without a value, so its names would be fewer.
    if (was === undefined || is === undefined) return undefined;
    const part = undoOfPart(was, is);
    if (part !== null) parts.push([name, part]);
  }
  if (at !== namesBefore.length) return undefined;
  return Object.fromEntries(parts);
}

/** Null = they are the same. */
function undoOfPart(before: Json, after: Json): Undo | null {
  if (!hasMembers(before) || !hasMembers(after)) return shareDeep(after, before) === after ? null : [before];
  const members = undoOfMembers(before, after);
  if (members === undefined) return [before];
  for (const _ in members) return members;
  return null;
}

const isWhole = (undo: Undo): undo is readonly [Json] => Array.isArray(undo);

function hasMembers(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
