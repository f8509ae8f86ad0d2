import type { DeclaredVm } from '../../core/instance/declared.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import type { Architecture, VmSpec } from '../../core/instance/spec.ts';
import { sameJson } from '../../core/kit/same-json.ts';
import { renderSpec } from './render-vm.ts';
import { parseVmDocument } from './vm-document.ts';
import { apiVersion, vmKind } from './vm-schema.ts';

export type DeclaredSpec =
  | { readonly ok: true; readonly declared: DeclaredVm }
  | { readonly ok: false; readonly offence: string };

/**
 * The document that a user would have written to get this specification: the fields that are not as their defaults. For a VM
 * whose own document is lost. It is judged like any other document, and must resolve to the same again.
 */
export function declareSpec(
  { uid, name, spec }: { readonly uid: string; readonly name: string; readonly spec: VmSpec },
  clusterArchitecture: Architecture,
): DeclaredSpec {
  const resolving = { uid, clusterArchitecture };
  const defaults = renderSpec(resolveSpec({ name }, resolving), 'shown');
  const set = Object.entries(renderSpec(spec, 'shown')).filter(([field, value]) => !sameJson(value, defaults[field]));
  const document = { api_version: apiVersion, kind: vmKind, name, ...Object.fromEntries(set) };
  const parsed = parseVmDocument(document, { document: 0, mode: 'body' });
  if (!parsed.ok) {
    const [first] = parsed.offences;
    return { ok: false, offence: first === undefined ? 'it is not a document' : `${first.path}: ${first.message}` };
  }
  const { declared } = parsed;
  if (sameJson(resolveSpec(declared, resolving), spec)) return { ok: true, declared };
  return { ok: false, offence: 'it does not mean the same as a document' };
}
