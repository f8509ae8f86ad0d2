/** The checks of `holdfast doctor`: each looks at one thing and says what it means for VMs on this host. */

import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type CgroupRoot, findCgroupRoots } from '../../adapters/host/cgroup.ts';
import { createHost } from '../../adapters/host/create-host.ts';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
import { createQemuRuntime } from '../../adapters/runtime/qemu/create-qemu-runtime.ts';
import { canUseOwnUsers } from '../../adapters/runtime/qemu/own-users.ts';
import { TOOL_PATH } from '../../adapters/runtime/qemu/run-tool.ts';
import { gibBytes } from '../../core/kit/gib-bytes.ts';
import type { Log } from '../../ports/log.ts';
import type { Finding } from './finding.ts';

/** QEMU's self-test and the KVM probe together; each has a limit of its own. */
const qemuWithinMs = 15_000;
/** Below this, images and disks soon have no room. */
const diskLowBytes = 2 * gibBytes;

export function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 24
    ? { check: 'node', verdict: 'ok', message: `Node ${process.versions.node}`, mend: null }
    : {
        check: 'node',
        verdict: 'missing',
        message: `Node ${process.versions.node} is too old`,
        mend: 'npm ci --ignore-scripts',
      };
}

/** Agents look for programs in directories of the system, whatever their environment says; so does this. */
export function checkTools(where: Partial<SearchPaths> = {}): readonly Finding[] {
  const tools = [
    { tool: 'qemu-system-x86_64', package: 'qemu-system-x86' },
    { tool: 'qemu-img', package: 'qemu-utils' },
    { tool: 'setpriv', package: 'util-linux' },
    { tool: 'flock', package: 'util-linux' },
  ];
  const { searched = TOOL_PATH, ownPath = process.env['PATH'] ?? '' } = where;
  return tools.map(({ tool, package: name }): Finding => {
    const path = findProgram(tool, searched);
    if (path !== null) return { check: tool, verdict: 'ok', message: path, mend: null };
    const other = findProgram(tool, ownPath);
    if (other !== null) {
      const message = `${other} is on your PATH only; agents look in ${searched.replaceAll(delimiter, ', ')}`;
      return { check: tool, verdict: 'missing', message, mend: `sudo ln -s ${other} /usr/local/bin/` };
    }
    const mend = `sudo apt-get install --no-install-recommends ${name}`;
    return { check: tool, verdict: 'missing', message: 'not found', mend };
  });
}

interface SearchPaths {
  /** Where agents look. */
  readonly searched: string;
  /** Where the user of this program looks. */
  readonly ownPath: string;
}

/** Runs the QEMU that is there: version, machine types, whether KVM executes a real guest and if not, why. */
export async function checkQemu(log: Log, dirs: { readonly scratch: string }): Promise<readonly Finding[]> {
  if (findProgram('qemu-system-x86_64', TOOL_PATH) === null) return [];
  const clock = createSystemClock();
  const { scratch } = dirs;
  const config = {
    instancesDir: join(scratch, 'instances'),
    imagesDir: scratch,
    keptLogsDir: scratch,
    cacheDir: scratch,
  };
  try {
    const runtime = await createQemuRuntime({ host: createHost(), clock, log }, config);
    const found = await runtime.capabilities(clock.timeout(qemuWithinMs));
    const machines = `QEMU ${found.version}; machines ${found.machines.join(', ')}; firmware ${found.firmwares.join(', ')}`;
    const ovmf = found.firmwares.includes('ovmf');
    return [
      { check: 'qemu', verdict: 'ok', message: machines, mend: null },
      ovmf
        ? { check: 'ovmf', verdict: 'ok', message: 'UEFI guests can boot', mend: null }
        : {
            check: 'ovmf',
            verdict: 'limited',
            message: 'firmware_id: ovmf cannot be used',
            mend: 'sudo apt-get install --no-install-recommends ovmf',
          },
      found.accel === 'kvm'
        ? { check: 'kvm', verdict: 'ok', message: found.accelBecause, mend: null }
        : {
            check: 'kvm',
            verdict: 'limited',
            message: `accel: auto means tcg here. ${found.accelBecause}`,
            mend: mendKvm(),
          },
    ];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ check: 'qemu', verdict: 'missing', message, mend: 'sudo apt-get install --reinstall qemu-system-x86' }];
  }
}

function mendKvm(): string {
  if (!existsSync('/dev/kvm'))
    return 'Enable virtualisation in the firmware of the host, then: sudo modprobe kvm_intel || sudo modprobe kvm_amd';
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return 'Run Holdfast on a host whose KVM executes 64-bit guests (bare metal, or nested virtualisation enabled)';
  } catch {
    return `sudo usermod -aG kvm "$(id -un)" and log in again`;
  }
}

/** By looking at the cgroup of this process: the agent makes others below its own. */
export function checkCgroups(roots: readonly CgroupRoot[] = findCgroupRoots()): Finding {
  const root = roots.find(({ version }) => version === 2);
  if (root === undefined) {
    return {
      check: 'cgroups',
      verdict: 'limited',
      message: 'no cgroup v2 mount: exits are noticed through the monitor and by looking',
      mend: 'sudo mkdir -p /sys/fs/cgroup/unified && sudo mount -t cgroup2 none /sys/fs/cgroup/unified',
    };
  }
  if (mayWrite(root.dir)) {
    const message = 'cgroup v2 can be used: exits are noticed at once, each guest has a cgroup of its own';
    return { check: 'cgroups', verdict: 'ok', message, mend: null };
  }
  return {
    check: 'cgroups',
    verdict: 'limited',
    message: `cgroup v2 may not be written to: exits are noticed through the monitor and by looking`,
    mend: 'Run the agent as root, or as a service with Delegate=yes',
  };
}

function mayWrite(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function checkPrivileges(
  uid: number | undefined = process.getuid?.(),
  ownUsers: boolean = canUseOwnUsers(),
): Finding {
  if (uid !== 0) {
    return {
      check: 'privileges',
      verdict: 'limited',
      message: `user ${uid ?? '?'}: hypervisors run as this user, with no_new_privs`,
      mend: 'Run the agent as root to give hypervisors a user and a cgroup of their own',
    };
  }
  if (ownUsers) {
    const message = 'root: each hypervisor runs under an unprivileged user of its own, without capabilities';
    return { check: 'privileges', verdict: 'ok', message, mend: null };
  }
  return {
    check: 'privileges',
    verdict: 'limited',
    message: 'root in a user namespace without other ids: hypervisors run as root, without capabilities',
    mend: 'Run the agent outside of the container, or map all user ids of the host into it',
  };
}

export function checkRoom(dir: string): readonly Finding[] {
  const { bavail, bsize } = statfsSync(nearestExisting(resolve(dir)));
  const free = bavail * bsize;
  const disk: Finding = {
    check: 'disk',
    verdict: free < diskLowBytes ? 'limited' : 'ok',
    message: `${(free / gibBytes).toFixed(1)} GiB free for images and disks`,
    mend: free < diskLowBytes ? `Free space in the file system of ${dir}` : null,
  };
  const memory: Finding = {
    check: 'memory',
    verdict: 'ok',
    message: `${availableParallelism()} cores, ${(freemem() / gibBytes).toFixed(1)} of ${(totalmem() / gibBytes).toFixed(1)} GiB free`,
    mend: null,
  };
  return [memory, disk];
}

/** Where a directory would be made: what there is of its path. */
const nearestExisting = (dir: string): string => (existsSync(dir) ? dir : nearestExisting(dirname(dir)));

function findProgram(name: string, path: string): string | null {
  const files = path.split(delimiter).map((dir) => join(dir, name));
  return files.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
