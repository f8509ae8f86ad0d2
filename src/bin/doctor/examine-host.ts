import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPinoLog } from '../../adapters/log/pino-log.ts';
import { checkCgroups, checkNode, checkPrivileges, checkQemu, checkRoom, checkTools } from './check-host.ts';
import type { Finding } from './finding.ts';

/** What this host can and cannot do. `dataDir`: where instances would live; its file system is looked at. */
export async function examineHost(dataDir: string): Promise<readonly Finding[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-doctor-'));
  try {
    return [
      checkNode(),
      ...checkTools(),
      ...(await checkQemu(createPinoLog('silent'), { scratch })),
      checkCgroups(),
      checkPrivileges(),
      ...checkRoom(dataDir),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
