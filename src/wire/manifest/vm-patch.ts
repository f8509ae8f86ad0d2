/**
 * A merge patch (RFC 7396) over what a user declared of a VM. What was declared is sound already, so only what the patch names
 * is judged again, and the rules over several fields; everything else stays the very same object.
 */
import type { ZodType } from 'zod';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { mergePatch } from '../../core/kit/merge-patch.ts';
import { sameJson } from '../../core/kit/same-json.ts';
import { boundOffences, clipGot, named, type Offence } from './offence.ts';
import { isRawObject, type RawObject } from './raw.ts';
import {
  hazardOffences,
  joinOffences,
  noPools,
  notAnObject,
  type ParsedVm,
  type ParseOptions,
  parseVmDocument,
  reservedOffences,
  withoutReserved,
} from './vm-document.ts';
import { vmRuleOffences } from './vm-rules.ts';
import { desiredShape, vmPatchSchema } from './vm-schema.ts';
import { zodOffences } from './zod-offences.ts';

/** A patch whose fields are sound one by one; `applyVmPatch` judges what becomes of the whole. */
type ParsedVmPatch =
  | { readonly ok: true; readonly patch: JsonObject }
  | { readonly ok: false; readonly offences: readonly Offence[] };

/** Reads the body of a patch by itself: every field of it must be known and sound. */
function parseVmPatch(value: unknown, { document }: ParseOptions): ParsedVmPatch {
  if (!isRawObject(value)) return { ok: false, offences: notAnObject(value, document) };
  const hazards = hazardOffences(value, document);
  if (hazards.some(({ code }) => code === 'too_deep')) return { ok: false, offences: boundOffences(hazards) };
  const raw = withoutReserved(value, 'patch');
  const parsed = vmPatchSchema.safeParse(raw);
  const offences = joinOffences(
    value,
    hazards,
    parsed.success ? [] : zodOffences(parsed.error.issues, raw, vmPatchSchema, document),
    reservedOffences(value, 'patch', document),
  );
  if (!parsed.success || offences.length > 0) return { ok: false, offences };
  return { ok: true, patch: parsed.data as JsonObject };
}

/**
 * What was declared, changed by a patch, or every offence of the patch and of what it would lead to. Neither argument is
 * changed; the result shares with `declared` what the patch leaves as it is.
 */
export function applyVmPatch(declared: DeclaredVm, value: unknown, options: ParseOptions): ParsedVm {
  if (isSoundPatch(value) && (value['name'] ?? declared.name) === declared.name) {
    const merged = mergeFields(declared, value);
    // The rules over several fields need the whole.
    const touched = Object.keys(value);
    if (vmRuleOffences(merged, options.document, options.sharedPools ?? noPools, touched).length === 0) {
      return { ok: true, declared: merged as unknown as DeclaredVm, uid: undefined };
    }
  }
  return explainPatch(declared, value, options);
}

const patchFields = new Map<string, ZodType>(Object.entries(vmPatchSchema.shape));

/**
 * Whether every field that the patch names is sound. What comes of merging sound members into sound ones is sound too: the
 * objects that a patch merges into have no member that must be there.
 */
function isSoundPatch(value: unknown): value is JsonObject {
  if (!isRawObject(value) || hazardOffences(value, 0).length > 0) return false;
  return Object.keys(value).every((field) => patchFields.get(field)?.safeParse(value[field]).success === true);
}

/** The long way for a patch that is no good, which tells everything that is wrong with it. */
function explainPatch(declared: DeclaredVm, value: unknown, options: ParseOptions): ParsedVm {
  const parsed = parseVmPatch(value, options);
  if (!isRawObject(value)) return { ok: false, offences: notAnObject(value, options.document) };
  const renamed = nameOffences(declared, value, options);
  if (!parsed.ok) {
    if (parsed.offences.some(({ code }) => code === 'too_deep')) return parsed;
    const merged = mergePatch(toJson(declared), toJson(withoutReserved(value, 'patch'))) as JsonObject;
    const rules = vmRuleOffences(merged, options.document, options.sharedPools ?? noPools);
    return { ok: false, offences: namedAs(declared, joinOffences(value, renamed, parsed.offences, rules)) };
  }
  const { name: _name, ...changes } = parsed.patch;
  const whole = parseVmDocument(mergeFields(declared, changes), { ...options, mode: 'body' });
  if (renamed.length === 0) return whole;
  return { ok: false, offences: joinOffences(value, renamed, whole.ok ? [] : whole.offences) };
}

/** One that is no name at all is an offence by itself; either is the name of another instance. */
function nameOffences({ name }: DeclaredVm, value: RawObject, { document }: ParseOptions): readonly Offence[] {
  const got = value['name'];
  if (typeof got !== 'string' || got === name) return [];
  const message = 'A name is fixed for life; create another instance instead';
  return [{ document, path: '$.name', code: 'immutable', message, got: clipGot(got, ['name']), expected: name }];
}

const namedAs = ({ name }: DeclaredVm, offences: readonly Offence[]): readonly Offence[] =>
  offences.map((offence) => named(offence, name));

/** In the order in which documents are printed. */
const fields = Object.keys(desiredShape) as (keyof typeof desiredShape)[];

function mergeFields(declared: DeclaredVm, changes: JsonObject): JsonObject {
  const before = toJson(declared) as Readonly<Record<string, Json>>;
  const merged: Record<string, Json> = { ...before };
  let staysOrdered = true;
  for (const field in changes) {
    if (!isDesiredField(field)) continue;
    const value = mergeField(before[field], changes[field]);
    staysOrdered &&= value !== undefined && Object.hasOwn(before, field);
    if (value === undefined) delete merged[field];
    else merged[field] = value;
  }
  return staysOrdered ? merged : inOrder(merged, declared.name);
}

const isDesiredField = (field: string): boolean => Object.hasOwn(desiredShape, field);

/** A field came or went: the others keep their places only if all are put down anew. */
function inOrder(merged: JsonObject, name: string): JsonObject {
  const ordered: Record<string, Json> = { name };
  for (const field of fields) {
    const value = merged[field];
    if (value !== undefined) ordered[field] = value;
  }
  return ordered;
}

/** Undefined = back to the default. */
function mergeField(before: Json | undefined, change: Json | undefined): Json | undefined {
  if (change === undefined) return before;
  if (change === null) return undefined;
  const after = mergePatch(before, change);
  return before !== undefined && sameJson(before, after) ? before : after;
}

/** Documents are JSON by construction; the types of `declared` are narrower. */
const toJson = (value: object): JsonObject => value as JsonObject;
