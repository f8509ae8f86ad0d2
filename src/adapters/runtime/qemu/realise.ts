import { chmod, chown, constants, copyFile, link, mkdir, rm, stat } from 'node:fs/promises';
import { rootDiskName } from '../../../core/desired/planned-change.ts';
import { rootDiskBytes } from '../../../core/instance/root-disk-bytes.ts';
import type { DiskFormat, DiskSpec } from '../../../core/instance/spec.ts';
import type { Uid } from '../../../core/kit/brand.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { gibBytes } from '../../../core/kit/gib-bytes.ts';
import type { CachedImage } from '../../../ports/images.ts';
import type { InstanceRef, RealiseRequest } from '../../../ports/runtime.ts';
import { type InstanceRecord, writeRecord } from './instance-record.ts';
import { diskFile, exists, FILES, type Layout, linkName } from './layout.ts';
import { instanceUser } from './names.ts';
import { readOrRecover } from './recover-record.ts';
import { runTool } from './run-tool.ts';
import { renderSeed } from './seed.ts';
import { moveInPlace, syncDir, writeFileDurably } from './write-file.ts';

/** The pool every node has: the agent's data directory. */
const DEFAULT_POOL = 'default';

export interface RealiseDeps {
  readonly layout: Layout;
  /** Whether processes run under a user of their own (the agent is root). */
  readonly ownUsers: boolean;
  readonly ovmfVars: string | null;
}

/**
 * Makes directory, disks and seed true. What exists stays as it is: disks are never re-created (but the root disk on
 * `replaceRoot`), never shrunk, and grown only by the process that owns them, so that no privileged tool ever opens a
 * file a guest could have written to.
 */
export async function realise(deps: RealiseDeps, request: RealiseRequest, signal: AbortSignal): Promise<void> {
  const { layout } = deps;
  const { uid, spec, artefacts } = request;
  const user = deps.ownUsers ? instanceUser(uid) : null;
  const isNew = (await mkdir(layout.instance(uid), { recursive: true, mode: 0o710 })) !== undefined;
  if (user !== null) await chown(layout.instance(uid), 0, user.gid);
  await chmod(layout.instance(uid), 0o710);
  if (isNew) await syncDir(layout.root);
  const before = await readOrRecover(layout, request);
  await Promise.all([
    before?.name === request.name ? null : writeRecord(layout, uid, { name: request.name, root: before?.root ?? null }),
    linkArtefact(deps, request, 'kernel', artefacts.kernel),
    linkArtefact(deps, request, 'initrd', artefacts.initrd),
  ]);
  await realiseRoot(deps, request, before, signal);
  for (const disk of spec.disks) {
    if (!request.madeBefore.includes(disk.name)) await makeDisk(deps, request, disk, signal);
    else await requireDisk(layout, uid, disk.name);
  }
  if (spec.cloudInit !== null) {
    const content = renderSeed(request, spec.cloudInit);
    const owner = user === null ? null : { uid: 0, gid: user.gid };
    await writeFileDurably(layout.file(uid, FILES.seed), content, { mode: 0o440, owner });
  }
  if (spec.firmwareId === 'ovmf' && deps.ovmfVars !== null && !(await exists(layout.file(uid, FILES.vars)))) {
    const temporary = layout.file(uid, `${FILES.vars}.new`);
    await copyFile(deps.ovmfVars, temporary);
    await moveInPlace(temporary, layout.file(uid, FILES.vars), { mode: 0o600, owner: user });
  }
}

/** Makes a data disk where none is. */
export async function makeDisk(
  deps: Pick<RealiseDeps, 'layout' | 'ownUsers'>,
  ref: InstanceRef,
  disk: DiskSpec,
  signal: AbortSignal,
): Promise<void> {
  if (disk.pool !== DEFAULT_POOL) {
    throw new Fault('volume_unavailable', `Cannot make disk "${disk.name}": this node has no pool "${disk.pool}"`, {
      details: { next_action: `Declare pool "${DEFAULT_POOL}" for the disk` },
    });
  }
  const file = deps.layout.file(ref.uid, diskFile(disk.name));
  if (!(await exists(file))) await createDisk(deps, ref, file, [String(disk.sizeGib * gibBytes)], signal);
}

/** A disk that was made before. Fault `volume_unavailable` when it is gone. */
export async function requireDisk(layout: Layout, uid: Uid, name: string): Promise<void> {
  if (!(await exists(layout.file(uid, diskFile(name))))) throw lostDisk(name);
}

const lostDisk = (name: string): Fault =>
  new Fault(
    'volume_unavailable',
    `Cannot use disk "${name}": it was made before and is gone; it is never re-made silently`,
    { details: { disk: name } },
  );

async function realiseRoot(
  deps: RealiseDeps,
  request: RealiseRequest,
  before: InstanceRecord | undefined,
  signal: AbortSignal,
): Promise<void> {
  const image = request.artefacts.root;
  const file = deps.layout.file(request.uid, FILES.root);
  const made = before?.root ?? null;
  if (image === null) {
    if (request.replaceRoot) await removeRoot(deps, request, made);
    return;
  }
  const isMade = made !== null && (await exists(file));
  if (isMade && !(request.replaceRoot && made.sha256 !== image.sha256)) return;
  const wasMade = made !== null || request.madeBefore.includes(rootDiskName);
  if (wasMade && !isMade && !request.replaceRoot) throw lostDisk(rootDiskName);
  if (image.format === 'blob')
    throw new Fault('unsupported_format', 'Cannot make a root disk of an image without a disk format');
  const sizeBytes = rootDiskBytes(request.spec.diskGib, image.virtualSizeBytes);
  await linkArtefact(deps, request, 'base', image);
  const base = linkName('base', image.sha256);
  // `-u`: the base was checked by the image cache, and nothing here should parse it again.
  await createDisk(deps, request, file, ['-u', '-b', base, '-F', image.format, String(sizeBytes)], signal);
  const root: { sha256: string; format: DiskFormat } = { sha256: image.sha256, format: image.format };
  await writeRecord(deps.layout, request.uid, { name: request.name, root });
  if (made !== null && made.sha256 !== image.sha256) {
    await rm(deps.layout.file(request.uid, linkName('base', made.sha256)), { force: true });
  }
}

/** The note of it goes last, so that a crash in between has it done again. */
async function removeRoot({ layout }: RealiseDeps, { uid, name }: InstanceRef, made: InstanceRecord['root']) {
  await rm(layout.file(uid, FILES.root), { force: true });
  if (made === null) return;
  await rm(layout.file(uid, linkName('base', made.sha256)), { force: true });
  await writeRecord(layout, uid, { name, root: null });
}

/**
 * Creates a qcow2 file under a temporary name, so that a crash leaves none or a whole one. Arguments end with the
 * size.
 */
async function createDisk(
  deps: Pick<RealiseDeps, 'layout' | 'ownUsers'>,
  request: InstanceRef,
  file: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  const options = args.slice(0, -1);
  const size = args.slice(-1);
  const result = await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, temporary, ...size], signal);
  if (result.exitCode !== 0) {
    const full = /No space left/.test(result.stderr);
    const detail = result.stderr.trim().split('\n').at(-1)?.replaceAll(temporary, 'the disk') ?? '';
    throw new Fault(
      full ? 'pool_full' : 'realisation_failed',
      `Cannot create a disk of VM "${request.name}": ${detail}`,
    );
  }
  const owner = deps.ownUsers ? instanceUser(request.uid) : null;
  await moveInPlace(temporary, file, { mode: 0o600, owner });
}

/**
 * A hard link into the instance's directory; a copy (sharing blocks where the file system can) when the cache is on
 * another one.
 */
async function linkArtefact(
  deps: RealiseDeps,
  request: RealiseRequest,
  kind: 'base' | 'kernel' | 'initrd',
  image: CachedImage | null,
): Promise<void> {
  if (image === null) return;
  const path = deps.layout.file(request.uid, linkName(kind, image.sha256));
  if (await exists(path)) return;
  // The instance's user must read it; who else may is decided by the directories above.
  const { mode } = await stat(image.path);
  if (deps.ownUsers && (mode & 0o444) !== 0o444) await chmod(image.path, 0o444);
  try {
    await link(image.path, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error;
    // The copy has the mode of the image: an older half of one could not be written over.
    await rm(`${path}.new`, { force: true });
    await copyFile(image.path, `${path}.new`, constants.COPYFILE_FICLONE);
    await moveInPlace(`${path}.new`, path, { mode: 0o444 });
  }
}
