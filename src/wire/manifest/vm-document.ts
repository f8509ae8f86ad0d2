/**
 * From a document to what a user declared of a VM, or to all its offences at once (spec S1b, §5).
 *
 *   manifest   what the server sets is ignored, so that a printed document applies again; `uid` may be given
 *   body       of a create: what the server or a verb sets is an offence
 *   patch      RFC 7396: only what changes, null = back to the default (`vm-patch.ts`)
 */
import type { DeclaredVm } from '../../core/instance/declared.ts';
import type { Json } from '../../core/kit/json.ts';
import { documentLimits as limits } from './limits.ts';
import { boundOffences, clipGot, named, type Offence, type PathPart, renderPath } from './offence.ts';
import { isRawObject, type RawObject } from './raw.ts';
import { type SharedPools, vmRuleOffences } from './vm-rules.ts';
import { deleteVerb, serverFields, verbFields, vmCreateSchema, vmManifestSchema } from './vm-schema.ts';
import { zodOffences } from './zod-offences.ts';

export interface ParseOptions {
  /** Number of the document in an apply, from 0. */
  readonly document: number;
  /** Pools on storage that every node reaches; none by default. */
  readonly sharedPools?: SharedPools;
}

export type ParsedVm =
  | {
      readonly ok: true;
      readonly declared: DeclaredVm;
      /** Only of a manifest that names one; it must be the instance's (`uid_mismatch`). */
      readonly uid: string | undefined;
    }
  | { readonly ok: false; readonly offences: readonly Offence[] };

export const noPools: SharedPools = new Set();

/** A printed document carries numbers of the server; its verb-only fields are then a reading, not a wish. */
const isPrinted = (vm: RawObject): boolean => Object.hasOwn(vm, 'generation') || Object.hasOwn(vm, 'status');

export function reservedOffences(
  vm: RawObject,
  mode: 'manifest' | 'body' | 'patch',
  document: number,
): readonly Offence[] {
  const offences: Offence[] = [];
  const add = (field: string, code: Offence['code'], message: string, expected: Json): void => {
    offences.push({ document, path: renderPath([field]), code, message, got: clipGot(vm[field], [field]), expected });
  };
  if (mode !== 'manifest') {
    for (const field of serverFields) {
      if (Object.hasOwn(vm, field)) add(field, 'read_only', `${field} is set by the server; leave it out`, 'absent');
    }
  }
  if (mode !== 'manifest' || !isPrinted(vm)) {
    for (const [field, verb] of Object.entries(verbFields)) {
      if (Object.hasOwn(vm, field)) add(field, 'set_by_verb', `${field} is set by a verb: ${verb}`, 'absent');
    }
  }
  if (vm['desired_phase'] === 'deleted') {
    add('desired_phase', 'set_by_verb', `Deleting is a verb: ${deleteVerb}`, ['running', 'stopped']);
  }
  // A patch may hold a name that is not the VM's: whoever knows which VM is meant names it.
  return mode === 'patch' ? offences : offences.map((offence) => named(offence, vm['name']));
}

/** The document without what is judged by `reservedOffences`. */
export function withoutReserved(vm: RawObject, mode: 'manifest' | 'body' | 'patch'): RawObject {
  const left = Object.entries(vm).filter(([key, value]) => {
    if (key === 'uid') return mode === 'manifest';
    if (serverFields.includes(key) || Object.hasOwn(verbFields, key)) return false;
    return !(key === 'desired_phase' && value === 'deleted');
  });
  return Object.fromEntries(left);
}

/**
 * What no schema sees: keys that are the prototype's, -0, and depth that would exhaust the stack of whoever walks it.
 */
export function hazardOffences(root: unknown, document: number): readonly Offence[] {
  const offences: Offence[] = [];
  const add = (
    path: readonly PathPart[],
    code: Offence['code'],
    message: string,
    got: unknown,
    expected: Json,
  ): void => {
    offences.push({ document, path: renderPath(path), code, message, got: clipGot(got, path), expected });
  };
  const path: PathPart[] = [];
  const walk = (value: unknown): void => {
    if (Object.is(value, -0)) add(path, 'out_of_range', 'Minus zero is written 0', value, 0);
    if (typeof value !== 'object' || value === null) return;
    if (path.length >= limits.depth) {
      add(path, 'too_deep', `Nested deeper than ${limits.depth} levels`, '…', `at most ${limits.depth} levels`);
      return;
    }
    const isList = Array.isArray(value);
    for (const key of Object.keys(value)) {
      path.push(isList ? Number(key) : key);
      if (key === '__proto__') add(path, 'unknown_field', 'Unknown field', null, 'another name');
      else walk((value as RawObject)[key]);
      path.pop();
    }
  };
  walk(root);
  return offences;
}

export function notAnObject(value: unknown, document: number): readonly Offence[] {
  if (value === undefined) {
    return [{ document, path: '$', code: 'missing', message: 'There is no document', got: null, expected: 'object' }];
  }
  const message = 'A document is an object of fields';
  return [{ document, path: '$', code: 'wrong_type', message, got: clipGot(value, []), expected: 'object' }];
}

/**
 * Joins offences of several checks, in the order of the fields in the document, what is missing there last: the first for a
 * path and code wins, the limit holds.
 */
export function joinOffences(raw: RawObject, ...lists: readonly (readonly Offence[])[]): readonly Offence[] {
  const byKey = new Map<string, Offence>();
  for (const offence of lists.flat()) {
    const key = `${offence.path}\n${offence.code}`;
    if (!byKey.has(key)) byKey.set(key, offence);
  }
  const places = new Map(Object.keys(raw).map((key, place) => [renderPath([key]), place]));
  const placeOf = ({ path }: Offence): number =>
    places.get(/^\$(?:[.][^.[]+|\["(?:[^"\\]|\\.)*"\])/.exec(path)?.[0] ?? '') ?? places.size;
  return boundOffences([...byKey.values()].toSorted((a, b) => placeOf(a) - placeOf(b)));
}

/** Reads a whole VM document: a manifest, or the body of a create. */
export function parseVmDocument(
  value: unknown,
  { document, mode, sharedPools = noPools }: ParseOptions & { readonly mode: 'manifest' | 'body' },
): ParsedVm {
  if (!isRawObject(value)) return { ok: false, offences: notAnObject(value, document) };
  const hazards = hazardOffences(value, document);
  if (hazards.some(({ code }) => code === 'too_deep')) return { ok: false, offences: boundOffences(hazards) };
  const raw = withoutReserved(value, mode);
  const schema = mode === 'manifest' ? vmManifestSchema : vmCreateSchema;
  const parsed = schema.safeParse(raw);
  const offences = joinOffences(
    value,
    hazards,
    parsed.success ? [] : zodOffences(parsed.error.issues, raw, schema, document),
    reservedOffences(value, mode, document),
    vmRuleOffences(raw, document, sharedPools),
  );
  if (!parsed.success || offences.length > 0) return { ok: false, offences };
  const { api_version: _version, kind: _kind, uid, ...declared } = { uid: undefined, ...parsed.data };
  return { ok: true, declared: declared satisfies DeclaredVm, uid };
}
