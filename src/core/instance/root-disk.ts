/** What the root disk of an instance was made from, against what its order names. Pure. */
import type { DesiredVm } from './desired.ts';
import type { ImageWords, InstanceRecord } from './record.ts';

/** An image as the record has it, `URL#SHA256`. */
export interface RootImage {
  readonly url: string;
  readonly sha256: string;
}

export const rootIdentity = ({ url, sha256 }: RootImage): string => `${url}#${sha256}`;

/** Null: never made. */
export function rootImageOf({ rootMadeFrom }: InstanceRecord): RootImage | null {
  if (rootMadeFrom === null) return null;
  const at = rootMadeFrom.lastIndexOf('#');
  return { url: rootMadeFrom.slice(0, at), sha256: rootMadeFrom.slice(at + 1) };
}

/**
 * The digest that a start would insist on for an artefact of this URL: the one stated, else the one fixed before (spec §10), here, on
 * another node, or by the root disk that was made from it. Null: the next fetch fixes it.
 */
export function digestFor(
  { pinnedImages }: DesiredVm,
  record: InstanceRecord | null,
  { url, stated }: { readonly url: string; readonly stated: string | null },
): string | null {
  const fixed = stated ?? pinnedImages[url] ?? record?.images[url]?.sha256 ?? null;
  const root = fixed === null && record !== null ? rootImageOf(record) : null;
  return root?.url === url ? root.sha256 : fixed;
}

/** The root disk was made from something else than the order names, or the order names no image. */
export function isOfAnotherImage(desired: DesiredVm, record: InstanceRecord): boolean {
  const made = rootImageOf(record);
  if (made === null) return false;
  const { imageUrl: url, imageSha256: stated } = desired.spec;
  return url === null || digestFor(desired, record, { url, stated }) !== made.sha256;
}

export const sameImage = (a: ImageWords, b: ImageWords): boolean =>
  a.imageUrl === b.imageUrl && a.imageSha256 === b.imageSha256;

/** It is of another image, and nobody was asked whether it may be lost: it is kept as it is. */
export function isRootKept(desired: DesiredVm, record: InstanceRecord): boolean {
  const { unaskedImage } = record;
  return unaskedImage !== null && sameImage(unaskedImage, desired.spec) && isOfAnotherImage(desired, record);
}
