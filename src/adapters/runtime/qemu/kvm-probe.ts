import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../ports/clock.ts';
import { SANDBOX } from './argv.ts';
import { renderProbeRom } from './kvm-probe-rom.ts';
import { TOOL_PATH } from './run-tool.ts';
import { writeFileDurably } from './write-file.ts';

/** A working probe ends in 70 ms; KVM that emulates or hangs shows nothing at all. */
export const PROBE_TIMEOUT_MS = 2_000;
/** Under TCG the probe is a self-test of the installation; a loaded machine may take longer than KVM ever should. */
const SELF_TEST_TIMEOUT_MS = 10_000;
const PASS_EXIT_CODE = 99;
const CACHE_FILE = 'kvm-probe.json';
const MAX_STDERR_CHARS = 4_096;

export interface ProbeVerdict {
  readonly usable: boolean;
  /** A sentence part: "KVM probe: …". */
  readonly because: string;
  readonly cpuHost: boolean;
}

interface CachedVerdict extends ProbeVerdict {
  readonly bootId: string;
  readonly version: string;
}

export interface ProbeDeps {
  readonly clock: Clock;
  readonly binary: string;
  /** Default `/dev/kvm`. */
  readonly device?: string;
  readonly cacheDir: string;
  readonly bootId: string;
  /** Version of QEMU: another one may behave differently. */
  readonly version: string;
}

/**
 * Whether KVM really runs 64-bit guests here: only a guest that did so proves it, a device file that opens does not.
 * Once per boot of the host and QEMU version; the verdict is kept in a file. Whether the device can be opened is looked at
 * each time: a module that is loaded, or a group that is joined, needs no reboot.
 */
export async function probeKvm(deps: ProbeDeps, signal: AbortSignal): Promise<ProbeVerdict> {
  const closed = await whyClosed(deps.device ?? '/dev/kvm');
  if (closed !== null) return { usable: false, because: closed, cpuHost: false };
  const cached = await readCached(deps);
  if (cached !== undefined) return cached;
  const verdict = await probeNow(deps, signal);
  const row: CachedVerdict = { ...verdict, bootId: deps.bootId, version: deps.version };
  await mkdir(deps.cacheDir, { recursive: true, mode: 0o700 });
  await writeFileDurably(join(deps.cacheDir, CACHE_FILE), `${JSON.stringify(row)}\n`, { mode: 0o600 });
  return verdict;
}

/** Runs the probe under TCG: a 70 ms self-test of the QEMU installation. */
export async function selfTestTcg(deps: ProbeDeps, signal: AbortSignal): Promise<ProbeVerdict> {
  return runProbe(deps, ['-accel', 'tcg'], SELF_TEST_TIMEOUT_MS, signal);
}

async function whyClosed(device: string): Promise<string | null> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? `this host has no ${device}` : `${device} may not be opened by this user`;
  }
}

async function probeNow(deps: ProbeDeps, signal: AbortSignal): Promise<ProbeVerdict> {
  const plain = await runProbe(deps, ['-accel', 'kvm'], PROBE_TIMEOUT_MS, signal);
  if (!plain.usable) return { ...plain, because: `${plain.because}${await describeHost()}` };
  const withHostCpu = await runProbe(deps, ['-accel', 'kvm', '-cpu', 'host'], PROBE_TIMEOUT_MS, signal);
  return { ...plain, cpuHost: withHostCpu.usable };
}

async function runProbe(
  deps: ProbeDeps,
  accel: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeVerdict> {
  await mkdir(deps.cacheDir, { recursive: true, mode: 0o700 });
  const rom = join(deps.cacheDir, 'kvm-probe.bin');
  await writeFile(rom, renderProbeRom(), { mode: 0o600 });
  const args = [
    ...['-nodefaults', '-no-user-config', '-M', 'microvm', ...accel, '-m', '16', '-bios', rom, '-display', 'none'],
    ...['-serial', 'none', '-parallel', 'none', '-monitor', 'none', '-net', 'none', '-no-reboot'],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1', ...SANDBOX],
  ];
  // From here on the signal is heard.
  signal.throwIfAborted();
  const deadline = deps.clock.timeout(timeoutMs, signal);
  const child = spawn(deps.binary, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: TOOL_PATH } });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  deadline.addEventListener('abort', kill, { once: true });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(0, MAX_STDERR_CHARS);
    // The process stays alive after this, waiting for somebody to look at it.
    if (stderr.includes('KVM internal error')) kill();
  });
  const exitCode = await new Promise<number | null | Error>((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  deadline.removeEventListener('abort', kill);
  signal.throwIfAborted();
  return {
    usable: exitCode === PASS_EXIT_CODE,
    because: explain(exitCode, stderr, timeoutMs, deadline.aborted),
    cpuHost: false,
  };
}

function explain(exitCode: number | null | Error, stderr: string, timeoutMs: number, timedOut: boolean): string {
  if (exitCode === PASS_EXIT_CODE) return 'a probe guest ran in 64-bit mode';
  if (exitCode instanceof Error) return `the probe could not be started (${exitCode.message})`;
  if (stderr.includes('KVM internal error')) return 'the probe guest stopped with an internal error of KVM';
  if (timedOut) return `the probe guest hung for ${timeoutMs} ms`;
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return `the probe guest ended with code ${exitCode ?? 'none'}${line === '' ? '' : ` (${line.slice(0, 120)})`}`;
}

/** What makes a failure plausible, for the reader of `doctor`. */
async function describeHost(): Promise<string> {
  try {
    const flags = await readFile('/proc/cpuinfo', 'utf8');
    return /\b(vmx|svm)\b/.test(flags) ? '' : '; the processor shows neither vmx nor svm';
  } catch {
    return '';
  }
}

async function readCached(deps: ProbeDeps): Promise<ProbeVerdict | undefined> {
  try {
    const row = JSON.parse(await readFile(join(deps.cacheDir, CACHE_FILE), 'utf8')) as CachedVerdict;
    const isCurrent = row.bootId === deps.bootId && row.version === deps.version;
    return isCurrent ? { usable: row.usable, because: row.because, cpuHost: row.cpuHost } : undefined;
  } catch {
    return undefined;
  }
}
