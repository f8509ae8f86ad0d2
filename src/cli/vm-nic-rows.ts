import type { VmDocument } from '../client/vm-document.ts';
import { driftReason } from '../core/convergence/drift-text.ts';
import { nicWords } from '../core/convergence/value-words.ts';
import type { Json, JsonObject } from '../core/kit/json.ts';
import { sameJson } from '../core/kit/same-json.ts';
import { driftOf, type VmRow } from './vm-row.ts';

/** Those that are wanted, then those that are still there. */
export function nicRows(vm: VmDocument): readonly VmRow[] {
  const drift = driftOf(vm, 'nics');
  const [wanted, there] = [nicsIn(drift?.desired), nicsIn(drift?.observed)];
  const note = drift === undefined ? '' : driftReason(drift);
  const noteOf = (name: string): string => (sameJson(wanted.get(name) ?? null, there.get(name) ?? null) ? '' : note);
  const rows = vm.nics.map((nic) => nicRow(vm, nic, noteOf(nic.name)));
  for (const [name, nic] of there) {
    if (vm.nics.some((one) => one.name === name)) continue;
    rows.push({ field: `nic ${name}`, desired: 'none', observed: nicWords(nic), note, differs: true });
  }
  return rows;
}

const nicsIn = (value: Json | undefined): ReadonlyMap<string, JsonObject> =>
  new Map((Array.isArray(value) ? (value as readonly JsonObject[]) : []).map((nic) => [String(nic['name']), nic]));

function nicRow(vm: VmDocument, nic: VmDocument['nics'][number], note: string): VmRow {
  const address = vm.status.addresses.find((candidate) => candidate.nic === nic.name);
  const endpoints = (address?.endpoints ?? []).map(
    ({ protocol, host, port, guest_port }) => `${protocol} ${host}:${port}→${guest_port}`,
  );
  const observed = address === undefined ? '-' : [address.ip ?? 'no address', ...endpoints].join(', ');
  return {
    field: `nic ${nic.name}`,
    desired: nicWords(nic as unknown as JsonObject),
    observed,
    note,
    differs: note !== '',
  };
}
