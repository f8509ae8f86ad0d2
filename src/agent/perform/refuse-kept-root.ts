import { rootDiskName } from '../../core/desired/planned-change.ts';
import { isRootKept, rootImageOf } from '../../core/instance/root-disk.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Performing } from './performing.ts';

/**
 * A root disk that a restored store does not know is not made anew from the image which that store names: whoever replaced it agreed
 * to lose what was on the one before, not on this one. Fault `volume_unavailable`, with both ways out.
 */
export function refuseKeptRoot({ slot: { record }, desired }: Performing): void {
  const made = record === null ? null : rootImageOf(record);
  const { imageUrl } = desired.spec;
  if (record === null || made === null || imageUrl === null || !isRootKept(desired, record)) return;
  const message = `Cannot start VM "${desired.name}": its root disk was made from ${made.url} (sha256 ${made.sha256}), and the restored store orders ${imageUrl}; nobody has agreed to lose the disk`;
  const next_action = `To boot the disk as it is, set image_url to ${made.url} again (it asks for --allow-replace, but this disk is used). To have it made anew, change image_url or image_sha256 to another value with --allow-replace`;
  const details = { disk: rootDiskName, made_from: made.url, image_url: imageUrl, next_action };
  throw new Fault('volume_unavailable', message, { details });
}
