import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Json } from '../core/kit/json.ts';
import type { Random } from '../ports/random.ts';
import { type EventRow, eventKey, put } from './rows.ts';

/** An event as a row to commit together with what it tells of. */
export function newEvent(
  random: Random,
  event: Omit<EventRow, 'id' | 'resource'> & { readonly record: Pick<VmRecord, 'name' | 'uid'> | null },
): { readonly key: string; readonly value: Json } {
  const { record, ...rest } = event;
  const id = random.uuid();
  const resource = record === null ? null : ({ kind: 'VirtualMachine', name: record.name, uid: record.uid } as const);
  return put(eventKey(id), { id, ...rest, resource } satisfies EventRow);
}

/** Who acts when nobody asked. */
export const systemPrincipal = 'system';

/** The principal of a node's own words. */
export const nodePrincipal = (node: string): string => `node:${node}`;
