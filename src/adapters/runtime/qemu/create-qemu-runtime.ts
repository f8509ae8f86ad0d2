/**
 * The QEMU runtime: VMs as real processes that outlive the agent. One file a verb; this one puts them together.
 *
 * - layout.ts: where files lie and who may touch them. argv.ts: the command line, pure, held by golden files.
 * - realise.ts: disks and seed. spawn.ts: the frozen process and its monitor. observe.ts: proof by process and monitor.
 * - monitor.ts over qmp-client.ts: one connection for each incarnation, state kept true by events.
 * - console-hub.ts: the serial line, with console-log.ts (what the guest prints, bounded), log-follower.ts and typing.ts.
 * - capabilities.ts and kvm-probe.ts: what the installed QEMU can do, proven by running a guest.
 *
 * Nothing here is remembered that a crash may lose: sessions are made anew from the files and the process table.
 */
import { realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../../ports/clock.ts';
import type { Host } from '../../../ports/host.ts';
import type { Log } from '../../../ports/log.ts';
import type { Runtime } from '../../../ports/runtime.ts';
import { asFault } from './as-fault.ts';
import { inspectQemu, withFirmware } from './capabilities.ts';
import { clear } from './clear.ts';
import { connections } from './connections.ts';
import { attachConsole } from './console.ts';
import { createSessions, type QemuContext } from './context.ts';
import { missingDisks } from './disk-files.ts';
import { keepInstallation } from './keep-installation.ts';
import { dropLogs } from './kept-logs.ts';
import { kill } from './kill.ts';
import { createLayout } from './layout.ts';
import { readLog } from './log.ts';
import { observe } from './observe.ts';
import { canUseOwnUsers } from './own-users.ts';
import { pause } from './pause.ts';
import { powerDown } from './power-down.ts';
import { realise } from './realise.ts';
import { remove, removeDisks } from './remove.ts';
import { reset } from './reset.ts';
import { resume } from './resume.ts';
import { scan } from './scan.ts';
import { spawn } from './spawn.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

/** Probes and version queries of a QEMU that works take under a second. */
const INSPECT_TIMEOUT_MS = 30_000;

export interface QemuConfig {
  /** Directory of all instances of this node; made when missing. */
  readonly instancesDir: string;
  /** The image cache: only for scrubbing texts (spec S7). */
  readonly imagesDir: string;
  /** Logs of removed instances; made when needed. */
  readonly keptLogsDir: string;
  /** Where the verdict of the KVM probe is kept. */
  readonly cacheDir: string;
  readonly binary?: string;
}

export async function createQemuRuntime(
  deps: { readonly host: Host; readonly clock: Clock; readonly log: Log },
  config: QemuConfig,
): Promise<Runtime> {
  await mkdir(config.instancesDir, { recursive: true, mode: 0o700 });
  // Processes are recognised by their directory, which the kernel shows without symbolic links.
  const layout = createLayout(realpathSync(config.instancesDir));
  const binary = config.binary ?? 'qemu-system-x86_64';
  const ownUsers = canUseOwnUsers();
  const sessions = createSessions(deps.clock, layout, ownUsers);
  const installation = keepInstallation(deps.clock, () => {
    // Shared by all who wait, so it ends by its own deadline and not with the first caller's.
    const signal = deps.clock.timeout(INSPECT_TIMEOUT_MS);
    return inspectQemu({ clock: deps.clock, binary, cacheDir: config.cacheDir, bootId: deps.host.bootId }, signal);
  });
  const context: QemuContext = {
    ...deps,
    layout,
    sessions,
    binary,
    ownUsers,
    imagesDir: config.imagesDir,
    keptLogsDir: config.keptLogsDir,
    installation: async () => withFirmware(await installation()),
  };
  return {
    capabilities: () => context.installation(),
    async realise(request, signal) {
      const { ovmf } = await context.installation();
      const realiseDeps = { layout, ownUsers: context.ownUsers, ovmfVars: ovmf?.vars ?? null };
      await realise(realiseDeps, request, signal).catch((error: unknown) => {
        throw asFault(`Cannot make the disks of VM "${request.name}"`, error, signal);
      });
    },
    spawn: (request, signal) => spawn(context, request, signal),
    observe: (ref, known, signal) => observe(context, ref, known, signal),
    watch: (ref, proof, on) => watch(context, ref, proof, on),
    resume: (ref, signal) => resume(context, ref, signal),
    pause: (ref, signal) => pause(context, ref, signal),
    reset: (ref, signal) => reset(context, ref, signal),
    powerDown: (ref, signal) => powerDown(context, ref, signal),
    kill: (ref, proof, signal) => kill(context, ref, proof, signal),
    update: (ref, wanted, known, signal) => update(context, { ref, wanted, known }, signal),
    connections: (ref, hostPort, signal) => connections(context, ref, hostPort, signal),
    clear: (ref, signal) =>
      clear(context, ref, signal).catch((error: unknown) => {
        throw asFault(`Cannot clear an incarnation of VM "${ref.name}"`, error, signal);
      }),
    remove: (ref, signal) =>
      remove(context, ref, signal).catch((error: unknown) => {
        throw asFault(`Cannot remove VM "${ref.name}"`, error, signal);
      }),
    missingDisks: ({ uid }, disks) => missingDisks(layout, uid, disks),
    removeDisks: (ref, disks, signal) =>
      removeDisks(context, ref, disks).catch((error: unknown) => {
        throw asFault(`Cannot remove disks of VM "${ref.name}"`, error, signal);
      }),
    dropLogs: (removedBefore) => dropLogs(context, removedBefore),
    scan: (signal) => scan(context, signal),
    attachConsole: (ref, scrollbackBytes, onData, onClose) =>
      attachConsole(context, ref, scrollbackBytes, onData, onClose),
    readLog: (ref, maxBytes) => readLog(context, ref, maxBytes),
    close: () => sessions.closeAll(),
  };
}
