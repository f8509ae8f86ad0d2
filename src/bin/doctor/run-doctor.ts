import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPinoLog } from '../../adapters/log/pino-log.ts';
import { checkCgroups, checkNode, checkPrivileges, checkQemu, checkRoom, checkTools } from './check-host.ts';
import { exitCodeOf, type Finding, renderFindings } from './finding.ts';

export interface DoctorOptions {
  /** Where instances would live; its file system is looked at. */
  readonly dataDir: string;
  readonly output: 'table' | 'json';
}

/** `holdfast doctor`: what this host can and cannot do, and the exact command that mends it. Resolves with the exit code. */
export async function runDoctor(print: (text: string) => void, options: DoctorOptions): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-doctor-'));
  try {
    const findings: readonly Finding[] = [
      checkNode(),
      ...checkTools(),
      ...(await checkQemu(createPinoLog('silent'), { scratch })),
      checkCgroups(),
      checkPrivileges(),
      ...checkRoom(options.dataDir),
    ];
    print(options.output === 'json' ? JSON.stringify({ findings }, null, 1) : renderFindings(findings));
    return exitCodeOf(findings);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
