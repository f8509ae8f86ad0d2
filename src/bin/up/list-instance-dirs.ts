import { join } from 'node:path';
import { readRecord } from '../../adapters/runtime/qemu/instance-record.ts';
import { createLayout, listDir } from '../../adapters/runtime/qemu/layout.ts';
import { asUid } from '../../core/kit/brand.ts';
import { isUuid } from '../../core/kit/uuid.ts';
import { upPaths } from './up-paths.ts';

/** An instance that has files on this node. */
export interface InstanceDir {
  readonly uid: string;
  /** The uid where the name cannot be read. */
  readonly name: string;
}

/** The instances of the node as its directories tell them: also without an agent, and for stores that know none of them. */
export async function listInstanceDirs(dataDir: string): Promise<readonly InstanceDir[]> {
  const layout = createLayout(join(upPaths(dataDir).agentDir, 'instances'));
  const uids = (await listDir(layout.root)).filter(isUuid);
  return await Promise.all(
    uids.map(async (uid) => {
      const record = await readRecord(layout, asUid(uid)).catch(() => undefined);
      return { uid, name: record?.name ?? uid };
    }),
  );
}
