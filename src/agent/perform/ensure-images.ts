import type { InstanceRecord, ResolvedImage } from '../../core/instance/record.ts';
import { digestFor, rootIdentity } from '../../core/instance/root-disk.ts';
import type { DiskFormat, VmSpec } from '../../core/instance/spec.ts';
import type { CachedImage } from '../../ports/images.ts';
import type { VmArtefacts } from '../../ports/runtime.ts';
import { setStage } from '../stage.ts';
import type { Performing } from './performing.ts';

export interface Ensured {
  readonly artefacts: VmArtefacts;
  /** By URL, only those the specification names. */
  readonly images: InstanceRecord['images'];
  /** What the root disk is to be made from; null without an image. */
  readonly rootIdentity: string | null;
}

interface Wanted {
  readonly url: string;
  readonly sha256: string | null;
  readonly format: DiskFormat | 'blob';
}

/** Progress is worth a new deadline this often; a report for each chunk would be noise. */
const progressEveryMs = 1_000;

/**
 * All artefacts in the cache, pinned. The digest is the one stated, else the one fixed at the first realisation (here or on
 * another node), else the first bytes that come fix it (spec §10).
 */
export async function ensureImages(performing: Performing): Promise<Ensured> {
  const { spec } = performing.desired;
  const images: Record<string, ResolvedImage> = {};
  const ensure = async (wanted: Wanted | null): Promise<CachedImage | null> => {
    if (wanted === null) return null;
    const image = await ensureOne(performing, wanted);
    const before = performing.slot.record?.images[wanted.url];
    const same = before?.sha256 === image.sha256 ? before : null;
    images[wanted.url] = same ?? {
      sha256: image.sha256,
      sizeBytes: image.sizeBytes,
      resolvedAt: performing.ctx.deps.clock.now(),
    };
    return image;
  };
  const kernel = await ensure(blob(spec.kernel, spec.kernelSha256));
  const initrd = await ensure(blob(spec.initrd, spec.initrdSha256));
  const root = await ensure(rootOf(spec));
  const madeFrom = root === null || spec.imageUrl === null ? null : { url: spec.imageUrl, sha256: root.sha256 };
  return {
    artefacts: { root, kernel, initrd },
    images,
    rootIdentity: madeFrom === null ? null : rootIdentity(madeFrom),
  };
}

const blob = (url: string | null, sha256: string | null): Wanted | null =>
  url === null ? null : { url, sha256, format: 'blob' };

const rootOf = (spec: VmSpec): Wanted | null =>
  spec.imageUrl === null ? null : { url: spec.imageUrl, sha256: spec.imageSha256, format: spec.imageFormat ?? 'qcow2' };

async function ensureOne(performing: Performing, wanted: Wanted): Promise<CachedImage> {
  const { ctx, slot, desired, signal } = performing;
  const { url, format } = wanted;
  const sha256 = digestFor(desired, slot.record, { url, stated: wanted.sha256 });
  setStage(performing, 'image_download', `Fetching ${url}`);
  let said = ctx.deps.clock.now();
  return await ctx.deps.images.ensure(
    { url, sha256, format, pinnedBy: slot.uid },
    ({ bytes, totalBytes }) => {
      if (ctx.deps.clock.now() - said < progressEveryMs) return;
      said = ctx.deps.clock.now();
      const share = totalBytes === null || totalBytes === 0 ? `${bytes} bytes` : percent(bytes, totalBytes);
      setStage(performing, 'image_download', `Fetching ${url}: ${share}`);
    },
    signal,
  );
}

/** Lets go of every image of the instance but these. */
export async function unpinOthers({ ctx, slot }: Performing, images: InstanceRecord['images']): Promise<void> {
  const digests = Object.values(images).map(({ sha256 }) => sha256);
  await ctx.deps.images.unpin(slot.uid, digests);
}

const percent = (bytes: number, totalBytes: number) => `${Math.floor((100 * bytes) / totalBytes)} %`;
