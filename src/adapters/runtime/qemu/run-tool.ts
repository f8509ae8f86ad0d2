import { execFile } from 'node:child_process';
import { Fault } from '../../../core/kit/fault.ts';

/** Tools of QEMU answer in milliseconds; longer means a hung file system. */
const TOOL_TIMEOUT_MS = 30_000;

/** Where programs are looked for: fixed, so that nothing in the agent's environment decides what runs. */
export const TOOL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';

export interface ToolResult {
  /** Null when it was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a helper program to its end; never a shell. A missing program is a `realisation_failed` fault. */
export function runTool(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  timeoutMs: number = TOOL_TIMEOUT_MS,
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const options = {
      signal,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      env: { PATH: TOOL_PATH, LC_ALL: 'C' },
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (signal.aborted) return reject(signal.reason);
      if (error !== null && typeof error.code === 'string') {
        return reject(new Fault('realisation_failed', `Cannot run ${program}: ${error.code}`));
      }
      resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
    });
  });
}
