/**
 * What the next run of an instance needs and the node does not have, while nothing of it runs: an image that was taken out
 * of the cache, changed or could never be had, a disk whose file is gone or that is yet to be made. Nothing is done about
 * it before the next start. Having run before proves nothing: files may have gone since.
 */
import { rootDiskName } from '../desired/planned-change.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceRecord } from './record.ts';
import { digestFor, isOfAnotherImage, isRootKept } from './root-disk.ts';
import { lastingDisks } from './spec.ts';

export interface Unready {
  /** `unknown`: told by a newer node. */
  readonly what: 'disk_gone' | 'disk_not_made' | 'disk_kept' | 'image' | 'unknown';
  /** Of the disk, the root disk as `root`; the URL of an image, kernel or initrd. */
  readonly name: string;
}

/** Answers of a look at the node. */
export interface FilesThere {
  hasImage(sha256: string): boolean;
  hasDisk(name: string): boolean;
}

/** Everything is there, or something runs. */
export const nothingUnready: readonly Unready[] = [];

/** The images of an order with the digest that a start would insist on; null = the next fetch fixes it. */
export function neededImages(desired: DesiredVm, record: InstanceRecord) {
  const { spec } = desired;
  const named = [
    [spec.kernel, spec.kernelSha256],
    [spec.initrd, spec.initrdSha256],
    [spec.imageUrl, spec.imageSha256],
  ] as const;
  return named.flatMap(([url, stated]) =>
    url === null ? [] : [{ url, sha256: digestFor(desired, record, { url, stated }) }],
  );
}

/** The disks of an order, the root disk as `root`. */
export function neededDisks({ spec }: DesiredVm): readonly string[] {
  return [...(spec.imageUrl === null ? [] : [rootDiskName]), ...spec.disks.map(({ name }) => name)];
}

export function unreadyOf(desired: DesiredVm, record: InstanceRecord, there: FilesThere): readonly Unready[] {
  const images = neededImages(desired, record).filter(({ sha256 }) => sha256 === null || !there.hasImage(sha256));
  const disks = neededDisks(desired).flatMap((name) => unreadyDisk(desired, record, name, there));
  const unready = [...images.map(({ url }): Unready => ({ what: 'image', name: url })), ...disks];
  return unready.length === 0 ? nothingUnready : unready;
}

/** A file that is there is used, also by a node whose record of it was lost. */
function unreadyDisk(desired: DesiredVm, record: InstanceRecord, name: string, there: FilesThere): readonly Unready[] {
  const isRoot = name === rootDiskName;
  if (isRoot && isOfAnotherImage(desired, record)) {
    return [{ what: isRootKept(desired, record) ? 'disk_kept' : 'disk_not_made', name }];
  }
  if (there.hasDisk(name)) return [];
  const wasMade = isRoot
    ? record.rootMadeFrom !== null
    : record.disksMade.includes(name) && lastingDisks(desired.spec).includes(name);
  return [{ what: wasMade ? 'disk_gone' : 'disk_not_made', name }];
}
