import { existsSync, statSync } from 'node:fs';
import { Fault } from '../../../core/kit/fault.ts';
import type { RuntimeCapabilities } from '../../../ports/runtime.ts';
import { type ProbeDeps, probeKvm, selfTestTcg } from './kvm-probe.ts';
import { runTool } from './run-tool.ts';
import { hostTscKhz } from './tsc-khz.ts';

/** Where distributions put OVMF: code and the template of the variables that belongs to it. */
const OVMF_CANDIDATES = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
] as const;

/** Everything the runtime knows of the QEMU on this host. */
export interface QemuInstallation extends RuntimeCapabilities {
  readonly q35: string;
  readonly cpuHost: boolean;
  readonly tscKhz: number | null;
  readonly ovmf: { readonly code: string; readonly vars: string } | null;
  /** Group a process needs to open /dev/kvm without being root; null = none. */
  readonly kvmGroup: number | null;
  /** When it is to be looked at again, in the clock's `bootMs`; null: never in this boot. */
  readonly recheckAt: number | null;
}

/** What of an installation may come later, without a restart of the agent: looked at each time it is asked for. */
export function withFirmware(
  installation: Omit<QemuInstallation, 'ovmf' | 'firmwares'>,
  candidates: readonly (readonly [code: string, vars: string])[] = OVMF_CANDIDATES,
): QemuInstallation {
  const ovmf = candidates.find((pair) => pair.every((file) => existsSync(file)));
  return {
    ...installation,
    firmwares: ['seabios', ...(ovmf === undefined ? [] : ['ovmf'])],
    ovmf: ovmf === undefined ? null : { code: ovmf[0], vars: ovmf[1] },
  };
}

/** Asks the installed QEMU. Fault: `realisation_failed` when there is none or it cannot run a guest. */
export async function inspectQemu(
  deps: Omit<ProbeDeps, 'version'>,
  signal: AbortSignal,
): Promise<Omit<QemuInstallation, 'ovmf' | 'firmwares'>> {
  const version = await readVersion(deps.binary, signal);
  const machines = await runTool(deps.binary, ['-machine', 'help'], signal);
  const q35 = /^q35\s.*\(alias of (\S+)\)/m.exec(machines.stdout)?.[1];
  const probeDeps: ProbeDeps = { ...deps, version };
  const kvm = await probeKvm(probeDeps, signal);
  if (!kvm.usable) {
    const tcg = await selfTestTcg(probeDeps, signal);
    // One that hung says nothing: on a busy host it does, and a QEMU that never starts is told by the start itself.
    if (!tcg.usable && !tcg.hung)
      throw new Fault('realisation_failed', `Cannot run guests with QEMU ${version}: ${tcg.because}`);
  }
  return {
    kind: 'qemu',
    version,
    accel: kvm.usable ? 'kvm' : 'tcg',
    accelBecause: `KVM probe: ${kvm.because}`,
    machines: [...(q35 === undefined ? [] : ['q35']), ...(/^microvm\s/m.test(machines.stdout) ? ['microvm'] : [])],
    q35: q35 ?? 'q35',
    cpuHost: kvm.cpuHost,
    tscKhz: hostTscKhz(),
    kvmGroup: kvm.usable ? groupOf('/dev/kvm') : null,
    recheckAt: kvm.retryAt,
  };
}

async function readVersion(binary: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await runTool(binary, ['--version'], signal);
  const version = /version (\S+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Fault('realisation_failed', `Cannot read the version of ${binary}`);
  return version;
}

function groupOf(path: string): number | null {
  const { gid, mode } = statSync(path);
  return (mode & 0o006) === 0o006 ? null : gid;
}
