import { Fault } from '../kit/fault.ts';
import { gibBytes } from '../kit/gib-bytes.ts';

/** Size of a root disk made from an image of `imageBytes`. Fault `disk_too_small`: the size stated cannot hold it. */
export function rootDiskBytes(diskGib: number | null, imageBytes: number): number {
  const sizeBytes = diskGib === null ? imageBytes : diskGib * gibBytes;
  if (sizeBytes >= imageBytes) return sizeBytes;
  const message = `Cannot make a root disk of ${sizeBytes} bytes: its image needs ${imageBytes}`;
  throw new Fault('disk_too_small', message, { retry: 'never' });
}
