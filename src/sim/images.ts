import { createHash } from 'node:crypto';
import type { MemoryImageSources } from '../adapters/images/memory-world.ts';

/** What the URLs of the simulated world serve; small, since every byte is hashed. */
export const kernelUrl = 'https://images.example.org/vmlinuz';
const initrdUrl = 'https://images.example.org/initrd.gz';
export const imageUrls = ['https://images.example.org/a.raw', 'https://images.example.org/b.raw'] as const;

const kernelBytes = new Uint8Array(512).fill(7);
const imageBytes = (version: number) => new Uint8Array(2_048).fill(version);

export function putImages(sources: MemoryImageSources): void {
  sources.put(kernelUrl, kernelBytes);
  sources.put(initrdUrl, kernelBytes.slice(0, 256));
  for (const [at, url] of imageUrls.entries()) sources.put(url, imageBytes(at + 1));
}

/** Digest of what an image URL serves at first. */
export function imageDigest(url: (typeof imageUrls)[number]): string {
  return createHash('sha256')
    .update(imageBytes(imageUrls.indexOf(url) + 1))
    .digest('hex');
}

/** Other bytes under the same URL from now on. */
export function changeImage(sources: MemoryImageSources, url: string, version: number): void {
  sources.put(url, imageBytes(version));
}
