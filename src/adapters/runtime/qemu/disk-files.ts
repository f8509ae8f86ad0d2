/**
 * Whether the files of attached disks are still those that the process has open (spec S11). A file that was removed or
 * replaced goes on under the process without a name: the guest notices nothing, and all of it ends with the process.
 */
import { opendir, readlink, realpath, stat } from 'node:fs/promises';
import { rootDiskName } from '../../../core/desired/planned-change.ts';
import type { LostFile } from '../../../core/instance/evidence.ts';
import type { ProcessProof } from '../../../core/instance/process.ts';
import type { Uid } from '../../../core/kit/brand.ts';
import type { QemuContext, Session } from './context.ts';
import type { StableFacts } from './facts.ts';
import { diskFile, FILES, type Layout } from './layout.ts';

/**
 * A hypervisor has a hundred open files, and one for each connection of its guest. One that was taken over may have a
 * million, so that an agent that looked at all of them would run out of memory at each start.
 */
const OPEN_FILES_MAX = 8_192;

interface OpenFiles {
  readonly inodes: ReadonlySet<string>;
  /** Where the kernel says they are; a removed one has a suffix. */
  readonly paths: ReadonlySet<string>;
}

/** Looks at the place of each attached disk; the open files of the process are read only when one is not as it was seen before. */
export async function findLostFiles(
  { layout }: Pick<QemuContext, 'layout'>,
  session: Pick<Session, 'ref' | 'openDisks' | 'lostDisks'>,
  proof: ProcessProof,
  { disks, rootDiskBytes }: Pick<StableFacts, 'disks' | 'rootDiskBytes'>,
): Promise<readonly LostFile[]> {
  const { uid } = session.ref;
  const attached = [
    ...(rootDiskBytes === null ? [] : [{ disk: rootDiskName, path: layout.file(uid, FILES.root) }]),
    ...disks.map(({ name }) => ({ disk: name, path: layout.file(uid, diskFile(name)) })),
  ];
  let open: OpenFiles | undefined;
  const lost: LostFile[] = [];
  const find = async (disk: string, path: string): Promise<LostFile['how'] | null> => {
    const before = session.lostDisks.get(disk) ?? null;
    const inode = await inodeAt(path);
    if (inode === null) return 'gone';
    if (inode === 'unknown') return before;
    if (session.openDisks.get(disk) === inode) return null;
    open ??= await openFilesOf(proof.pid);
    // Nobody may look into the process, now or ever: nothing is concluded of it (F2).
    if (open === undefined) return before === 'replaced' ? before : null;
    if (!open.inodes.has(inode) && !open.paths.has(await realpath(path).catch(() => path))) return 'replaced';
    session.openDisks.set(disk, inode);
    return null;
  };
  for (const { disk, path } of attached) {
    const how = await find(disk, path);
    if (how !== null) lost.push({ disk, how });
  }
  session.lostDisks.clear();
  for (const { disk, how } of lost) session.lostDisks.set(disk, how);
  return lost;
}

/** Those of these disks, the root disk as `root`, that have no file. */
export async function missingDisks(layout: Layout, uid: Uid, disks: readonly string[]): Promise<readonly string[]> {
  const pathOf = (disk: string): string => layout.file(uid, disk === rootDiskName ? FILES.root : diskFile(disk));
  const inodes = await Promise.all(disks.map((disk) => inodeAt(pathOf(disk))));
  return disks.filter((_, at) => inodes[at] === null);
}

/** Null: nothing is there. */
async function inodeAt(path: string): Promise<string | null | 'unknown'> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : 'unknown';
  }
}

/** Undefined: nobody may look into it, or it has too many. */
async function openFilesOf(pid: number): Promise<OpenFiles | undefined> {
  const dir = `/proc/${pid}/fd`;
  const files: string[] = [];
  try {
    for await (const { name } of await opendir(dir)) {
      if (files.length >= OPEN_FILES_MAX) return undefined;
      files.push(`${dir}/${name}`);
    }
  } catch {
    return undefined;
  }
  const inodes = await Promise.all(files.map(inodeAt));
  const paths = await Promise.all(files.map((file) => readlink(file).catch(() => '')));
  return { inodes: new Set(inodes.filter((inode) => inode !== null)), paths: new Set(paths) };
}
