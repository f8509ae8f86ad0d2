import { rootDiskName } from '../../../core/desired/planned-change.ts';
import { rootDiskBytes } from '../../../core/instance/root-disk-bytes.ts';
import type { Uid } from '../../../core/kit/brand.ts';
import { Fault } from '../../../core/kit/fault.ts';
import type { RealiseRequest } from '../../../ports/runtime.ts';
import type { FakeInstanceFiles, FakeWorld } from './fake-world.ts';

/**
 * Makes the simulated files true, by the rules of the real runtime: never re-created, never shrunk, grown by the
 * process.
 */
export function realiseFake(world: FakeWorld, request: RealiseRequest): void {
  const { uid, name, spec } = request;
  const code = world.faults.realiseFails(uid);
  if (code !== undefined) throw new Fault(code, `Cannot make the disks of VM "${name}": simulated`);
  const files = world.instances.get(uid) ?? {
    name,
    root: null,
    diskGib: new Map<string, number>(),
    incarnations: new Set(),
    log: '',
    unlinked: new Set<string>(),
  };
  forgetUnlinked(files);
  files.name = name;
  world.instances.set(uid, files);
  const image = request.artefacts.root;
  if (image === null && request.replaceRoot) files.root = null;
  if (image !== null && files.root === null && !request.replaceRoot) refuseLost(request.madeBefore, rootDiskName);
  if (image !== null && (files.root === null || (request.replaceRoot && files.root.sha256 !== image.sha256))) {
    const sizeBytes = rootDiskBytes(spec.diskGib, image.virtualSizeBytes);
    if (image.format === 'blob')
      throw new Fault('unsupported_format', 'Cannot make a root disk of an image without a disk format');
    files.root = { sha256: image.sha256, format: image.format, sizeBytes, madeAs: world.random.uuid() };
  }
  for (const disk of spec.disks) {
    if (disk.pool !== 'default') {
      throw new Fault('volume_unavailable', `Cannot make disk "${disk.name}": this node has no pool "${disk.pool}"`);
    }
    if (files.diskGib.has(disk.name)) continue;
    refuseLost(request.madeBefore, disk.name);
    files.diskGib.set(disk.name, disk.sizeGib);
  }
}

/** Those of these disks, the root disk as `root`, that have no file. */
export function missingFakeDisks(world: FakeWorld, uid: Uid, disks: readonly string[]): readonly string[] {
  const files = world.instances.get(uid);
  const isThere = (disk: string): boolean => {
    if (files === undefined || files.unlinked.has(disk)) return false;
    return disk === rootDiskName ? files.root !== null : files.diskGib.has(disk);
  };
  return disks.filter((disk) => !isThere(disk));
}

/** What was unlinked under the process before went with it. */
function forgetUnlinked(files: FakeInstanceFiles): void {
  for (const disk of files.unlinked) {
    if (disk === rootDiskName) files.root = null;
    else files.diskGib.delete(disk);
  }
  files.unlinked.clear();
}

export function refuseLost(madeBefore: readonly string[], disk: string): void {
  if (!madeBefore.includes(disk)) return;
  throw new Fault('volume_unavailable', `Cannot use disk "${disk}": it was made before and is gone`, {
    details: { disk },
  });
}
