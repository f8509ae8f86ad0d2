import type { SimNode } from '../sim-node.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Checker } from './checker.ts';

/** After the end no process, file, pin or journal row is without an owner. */
export const owners: Checker = {
  name: 'owners',
  atEnd: (world) => world.nodes.flatMap((node) => orphansOn(world, node)),
};

function orphansOn(world: SimWorld, node: SimNode): readonly string[] {
  const owned = (uid: string): boolean => {
    const vm = [...world.history.vms.values()].find((candidate) => candidate.uid === uid);
    const placed = vm === undefined ? undefined : world.history.placements.get(vm.uid)?.placement;
    return vm?.latest != null && placed?.kind === 'placed' && placed.node === node.name;
  };
  const found: string[] = [];
  const note = (what: string, uid: string): void => {
    if (!owned(uid) && !world.unowned.has(uid)) found.push(`${what} of ${uid} on ${node.name} has no owner`);
  };
  for (const process of node.processes) note(`process ${process.pid}`, process.dir.split('/')[0] ?? '');
  for (const uid of node.world.instances.keys()) note('a directory', uid);
  for (const dir of node.world.pidFiles.keys()) note('a pid file', dir.split('/')[0] ?? '');
  for (const uids of node.imageDisk.pins.values()) for (const uid of uids) note('an image pin', uid);
  for (const { key } of node.disk.medium.backup().entries) {
    const [prefix, uid] = key.split('/');
    if (prefix === 'record' || prefix === 'assigned') note(`the journal row ${prefix}`, uid ?? '');
  }
  for (const [uid, files] of node.world.instances) {
    const record = node.recordOf(files.name === '' ? uid : uid);
    const live = record?.incarnation?.id;
    for (const id of files.incarnations) {
      if (id !== live) found.push(`files of the ended incarnation ${id} of ${files.name} are left on ${node.name}`);
    }
  }
  return found;
}
