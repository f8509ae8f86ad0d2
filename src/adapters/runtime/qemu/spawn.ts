import { chmod, chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessProof } from '../../../core/instance/process.ts';
import { Fault, faultCode } from '../../../core/kit/fault.ts';
import { pause } from '../../../ports/pause.ts';
import type { SpawnRequest } from '../../../ports/runtime.ts';
import { type QemuHost, renderArgv } from './argv.ts';
import type { QemuFiles } from './argv-words.ts';
import { asFault } from './as-fault.ts';
import type { QemuInstallation } from './capabilities.ts';
import { logFiles, type QemuContext } from './context.ts';
import { readRecord } from './instance-record.ts';
import { kill } from './kill.ts';
import { cgroupName, diskFile, exists, FILES, fromProcess, linkName, SOCKETS } from './layout.ts';
import type { Monitor } from './monitor.ts';
import { instanceUser } from './names.ts';
import { readTail } from './stderr-tail.ts';
import { growDisks } from './update.ts';

/** The monitor answers after 50 ms, after 650 ms while twenty guests boot; a swapping host gets more. */
const MONITOR_TIMEOUT_MS = 10_000;
/** How often a monitor that is not there yet is tried again. */
const CONNECT_RETRY_MS = 5;

/**
 * Starts the process frozen, waits for its monitor and grows its disks to the wanted size. A fault leaves no process
 * behind, except `already_started` and `instance_locked`, which speak of somebody else's.
 */
export async function spawn(context: QemuContext, request: SpawnRequest, signal: AbortSignal): Promise<ProcessProof> {
  const { host, layout } = context;
  const startedAt = context.clock.bootMs();
  const installation = await context.installation();
  const argv = renderArgv({
    ref: request,
    spec: request.spec,
    host: chooseHost(context, request, installation),
    files: await findFiles(context, request),
    hostPorts: request.hostPorts,
  });
  const dir = await prepareDir(context, request).catch((error: unknown) => {
    throw asFault(`Cannot start VM "${request.name}"`, error, signal);
  });
  const stderrFile = join(dir, FILES.stderr);
  const user = context.ownUsers ? instanceUser(request.uid) : null;
  const kvmGroup = installation.accel === 'kvm' && installation.kvmGroup !== null ? [installation.kvmGroup] : [];
  const start = {
    dir,
    lockFile: layout.file(request.uid, FILES.lock),
    argv,
    stdoutFile: stderrFile,
    stderrFile,
    user: user === null ? null : { ...user, groups: kvmGroup },
    cgroup: cgroupName(request),
  };
  const proof = await host.startProcess(start, signal).catch((error: unknown) => {
    const code = faultCode(error);
    if (code === 'pool_full')
      throw new Fault(code, `Cannot start VM "${request.name}": no space left`, { cause: error });
    if (code !== 'spawn_failed') throw error;
    const exitCode = error instanceof Fault ? (error.details['exit_code'] as number | null) : null;
    throw spawnFailed(context, request, 'the process could not be started', exitCode);
  });
  const told = (request.onProcess?.(proof) ?? Promise.resolve()).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  try {
    const session = context.sessions.open(request);
    await untilMonitorAnswers(context, request, proof, session.monitor, signal);
    await growDisks(session.monitor, request.spec, signal);
  } catch (error) {
    await kill(context, request, proof, context.clock.timeout(MONITOR_TIMEOUT_MS));
    signal.throwIfAborted();
    if (error instanceof Fault && (error.code === 'port_conflict' || error.code === 'hypervisor_spawn_failed'))
      throw error;
    throw spawnFailed(context, request, error instanceof Error ? error.message : String(error), null);
  }
  const refused = await told;
  if (refused !== null) {
    await kill(context, request, proof, context.clock.timeout(MONITOR_TIMEOUT_MS));
    throw refused.error;
  }
  const tookMs = context.clock.bootMs() - startedAt;
  context.log.debug('hypervisor started', { uid: request.uid, incarnation: request.incarnationId, took_ms: tookMs });
  return proof;
}

function chooseHost(context: QemuContext, request: SpawnRequest, installation: QemuInstallation): QemuHost {
  const { accel } = request.spec;
  if (accel === 'kvm' && installation.accel !== 'kvm') {
    const why = `accel kvm is not usable here (${installation.accelBecause})`;
    throw new Fault('hypervisor_spawn_failed', `Cannot start VM "${request.name}": ${why}`, {
      details: { next_action: "Declare accel auto or tcg; 'holdfast doctor' on the node says what KVM lacks" },
    });
  }
  return {
    binary: context.binary,
    accel: accel === 'auto' ? installation.accel : accel,
    cpuHost: installation.cpuHost,
    q35: installation.q35,
    tscKhz: installation.tscKhz,
    ovmfCode: installation.ovmf?.code ?? null,
  };
}

/** The root disk's base comes from the record, not from the request: the disk knows what it was made from. */
async function findFiles(context: QemuContext, request: SpawnRequest): Promise<QemuFiles> {
  const { artefacts, uid, spec } = request;
  const record = await readRecord(context.layout, uid);
  const made = record?.root ?? null;
  const has = (name: string): Promise<boolean> => exists(context.layout.file(uid, name));
  if (artefacts.root !== null && (made === null || !(await has(FILES.root)))) {
    throw new Fault('volume_unavailable', `Cannot start VM "${request.name}": its root disk is not there`);
  }
  for (const disk of spec.disks) {
    if (!(await has(diskFile(disk.name)))) {
      throw new Fault('volume_unavailable', `Cannot start VM "${request.name}": its disk "${disk.name}" is not there`);
    }
  }
  const linked = (kind: 'kernel' | 'initrd'): string | null => {
    const image = artefacts[kind];
    return image === null ? null : fromProcess(linkName(kind, image.sha256));
  };
  return {
    root:
      artefacts.root === null || made === null
        ? null
        : {
            file: fromProcess(FILES.root),
            base: { file: fromProcess(linkName('base', made.sha256)), format: made.format },
          },
    kernel: linked('kernel'),
    initrd: linked('initrd'),
    disk: (name) => fromProcess(diskFile(name)),
    seed: spec.cloudInit === null ? null : fromProcess(FILES.seed),
    ovmfVars: spec.firmwareId === 'ovmf' ? fromProcess(FILES.vars) : null,
    consoleLog: fromProcess(FILES.log),
    sockets: SOCKETS,
  };
}

async function prepareDir(context: QemuContext, request: SpawnRequest): Promise<string> {
  const dir = context.layout.incarnation(request);
  const sockets = join(dir, FILES.sockets);
  const user = context.ownUsers ? instanceUser(request.uid) : null;
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  // Made here, so that it is nobody else's to read or lock.
  const makeLock = async (): Promise<void> =>
    await (await open(context.layout.file(request.uid, FILES.lock), 'a', 0o600)).close();
  const makeLog = async (): Promise<void> => {
    const log = await open(logFiles(context.layout, request).log, 'a', 0o600);
    try {
      if (user !== null) await log.chown(user.uid, user.gid);
    } finally {
      await log.close();
    }
  };
  const ownDirs = user === null ? [] : [chown(dir, 0, user.gid), chown(sockets, user.uid, user.gid)];
  await Promise.all([makeLock(), makeLog(), ...ownDirs, chmod(dir, 0o710)]);
  return dir;
}

async function untilMonitorAnswers(
  context: QemuContext,
  request: SpawnRequest,
  proof: ProcessProof,
  monitor: Monitor,
  signal: AbortSignal,
): Promise<void> {
  const deadline = context.clock.timeout(MONITOR_TIMEOUT_MS, signal);
  for (;;) {
    try {
      await monitor.connect(deadline);
      return;
    } catch (error) {
      const life = await context.host.proveProcess(proof);
      if (life.life === 'dead') {
        const code = life.exit.kind === 'code' ? life.exit.code : null;
        throw spawnFailed(context, request, 'the process ended at once', code);
      }
      if (deadline.aborted) {
        signal.throwIfAborted();
        throw spawnFailed(context, request, `monitor socket did not answer within ${MONITOR_TIMEOUT_MS} ms`, null);
      }
      if (faultCode(error) === 'proof_failed') throw error;
      await pause(context.clock, CONNECT_RETRY_MS, deadline);
    }
  }
}

/** The fault of a failed start, with the process's own last words, scrubbed (spec S7). */
function spawnFailed(context: QemuContext, request: SpawnRequest, why: string, exitCode: number | null): Fault {
  const tail = readTail(context, request);
  const last = tail.at(-1);
  const message = `Cannot start VM "${request.name}": ${why}${last === undefined ? '' : ` (${last})`}`;
  // QEMU has no exit code for it; the sentence is the only sign.
  const rule = tail.find((line) => /Could not set up host forwarding rule/.test(line));
  const isPort = rule !== undefined;
  const port = rule === undefined ? null : /'\w+:[\d.]*:(\d+)-/.exec(rule);
  return new Fault(isPort ? 'port_conflict' : 'hypervisor_spawn_failed', message, {
    details: {
      exit_code: exitCode,
      stderr_tail: tail,
      ...(port === null ? {} : { host_port: Number(port[1]) }),
      ...(isPort
        ? { next_action: 'Free the port on the node, or declare another host_port, or 0 for one that is free' }
        : {}),
    },
  });
}
