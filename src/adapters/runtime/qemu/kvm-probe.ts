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
const KVM_ERROR = 'KVM internal error';
const MAX_STDERR_CHARS = 4_096;

export interface ProbeVerdict {
  readonly usable: boolean;
  /** A sentence part: "KVM probe: …". */
  readonly because: string;
  readonly cpuHost: boolean;
  /** It did not end in time: KVM that does not work, or a busy host. */
  readonly hung: boolean;
}

export interface KvmVerdict extends ProbeVerdict {
  /** When it is to be found out anew, in the clock's `bootMs`; null: it stands until the next boot. */
  readonly retryAt: number | null;
}

interface CachedVerdict extends ProbeVerdict {
  readonly bootId: string;
  readonly version: string;
  /** Probes that hung, one after the other, and when the last of them did. */
  readonly hangs: number;
  readonly probedAt: number;
}

/** A probe that hung is repeated this much later, each time four times as late; after the last one KVM hangs here. */
const FIRST_RETRY_MS = 60_000;
const HANGS_MAX = 5;

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
 * Once per boot of the host and QEMU version, or a few times where it hangs; the verdict is kept in a file. Whether the device
 * can be opened is looked at each time: a module that is loaded, or a group that is joined, needs no reboot.
 */
export async function probeKvm(deps: ProbeDeps, signal: AbortSignal): Promise<KvmVerdict> {
  const closed = await whyClosed(deps.device ?? '/dev/kvm');
  if (closed !== null) return { usable: false, because: closed, cpuHost: false, hung: false, retryAt: null };
  const cached = await readCached(deps);
  const retryAt = cached === undefined ? null : retryAtOf(cached);
  if (cached !== undefined && (retryAt === null || deps.clock.bootMs() < retryAt)) return verdictOf(cached);
  const found = await probeNow(deps, signal);
  // A guest that ran has proven it for this boot, however busy the host is now.
  const verdict = cached?.usable === true && !found.usable ? { ...cached, hung: found.hung } : found;
  const row: CachedVerdict = {
    ...verdict,
    ...{ bootId: deps.bootId, version: deps.version },
    hangs: verdict.hung ? (cached?.hangs ?? 0) + 1 : 0,
    probedAt: deps.clock.bootMs(),
  };
  await mkdir(deps.cacheDir, { recursive: true, mode: 0o700 });
  await writeFileDurably(join(deps.cacheDir, CACHE_FILE), `${JSON.stringify(row)}\n`, { mode: 0o600 });
  return verdictOf(row);
}

const retryAtOf = ({ hangs, probedAt }: CachedVerdict): number | null =>
  hangs === 0 || hangs >= HANGS_MAX ? null : probedAt + FIRST_RETRY_MS * 4 ** (hangs - 1);

function verdictOf(row: CachedVerdict): KvmVerdict {
  const { usable, because, cpuHost, hung } = row;
  const retryAt = retryAtOf(row);
  return {
    usable,
    because: retryAt === null ? because : `${because}; it is tried again later`,
    cpuHost,
    hung,
    retryAt,
  };
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
  return { ...plain, cpuHost: withHostCpu.usable, hung: withHostCpu.hung };
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
    if (stderr.includes(KVM_ERROR)) kill();
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
    hung: deadline.aborted && exitCode !== PASS_EXIT_CODE && !stderr.includes(KVM_ERROR),
  };
}

function explain(exitCode: number | null | Error, stderr: string, timeoutMs: number, timedOut: boolean): string {
  if (exitCode === PASS_EXIT_CODE) return 'a probe guest ran in 64-bit mode';
  if (exitCode instanceof Error) return `the probe could not be started (${exitCode.message})`;
  if (stderr.includes(KVM_ERROR)) return 'the probe guest stopped with an internal error of KVM';
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

async function readCached(deps: ProbeDeps): Promise<CachedVerdict | undefined> {
  try {
    const row = JSON.parse(await readFile(join(deps.cacheDir, CACHE_FILE), 'utf8')) as CachedVerdict;
    // A row of an older version does not say how often it hung: what did is probed once more.
    const isWhole = typeof row.hangs === 'number' && typeof row.probedAt === 'number';
    return isWhole && row.bootId === deps.bootId && row.version === deps.version ? row : undefined;
  } catch {
    return undefined;
  }
}
