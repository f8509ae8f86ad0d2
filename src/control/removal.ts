/** The end of a VM: its rows go, a tombstone stays readable by uid, the name is free (spec §4 Delete). */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import { nodeOf, type Placement } from '../core/placement/placement.ts';
import { type ControlDeps, commitAttemptsMax } from './control-config.ts';
import { newEvent } from './new-event.ts';
import {
  type GoneRow,
  goneKey,
  observationKey,
  placementKey,
  put,
  readRow,
  type VmUidRow,
  vmKey,
  vmUidKey,
} from './rows.ts';

/** Nothing of a deleted VM is left on its node (or it never had one). Says whether there was anything to end. */
export async function finishRemoval({ store, clock, random }: ControlDeps, uid: Uid, by: string): Promise<boolean> {
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const commit = removalCommit({ store, clock, random }, uid, by);
    if (commit === null) return false;
    const result = await store.commit(commit);
    if (result.ok) return true;
  }
  return false;
}

function removalCommit({ store, clock, random }: Omit<ControlDeps, 'log'>, uid: Uid, by: string) {
  const now = clock.now();
  const name = readRow<VmUidRow>(store, vmUidKey(uid))?.value.name;
  const vm = name === undefined ? undefined : readRow<VmRecord>(store, vmKey(name));
  if (vm === undefined || vm.value.uid !== uid) return forgottenCommit(store, uid);
  // A node that reports an old removal of a VM which a restored store holds alive is not believed.
  if (vm.value.desiredPhase !== 'deleted') return null;
  const record = vm.value;
  const gone: GoneRow = { record, removedAt: now, forgotten: false, node: placedOn(store, uid) };
  const message = `Nothing is left of VM "${record.name}"`;
  return {
    expect: [{ key: vmKey(record.name), modRevision: vm.modRevision }],
    put: [put(goneKey(uid), gone), newEvent(random, { at: now, code: 'vm_removed', message, record, node: null, by })],
    delete: [vmKey(record.name), vmUidKey(uid), placementKey(uid), observationKey(uid)],
  };
}

const placedOn = (store: ControlDeps['store'], uid: Uid): string | null =>
  nodeOf(readRow<Placement>(store, placementKey(uid))?.value);

/** A forgotten VM: its node has returned and removed it. */
function forgottenCommit(store: ControlDeps['store'], uid: Uid) {
  const gone = readRow<GoneRow>(store, goneKey(uid));
  if (gone === undefined || !gone.value.forgotten) return null;
  return {
    expect: [{ key: goneKey(uid), modRevision: gone.modRevision }],
    put: [put(goneKey(uid), { ...gone.value, forgotten: false, node: placedOn(store, uid) } satisfies GoneRow)],
    delete: [placementKey(uid), observationKey(uid)],
  };
}
