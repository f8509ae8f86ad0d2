import type { ProcessProof } from '../../../core/instance/process.ts';
import { Fault } from '../../../core/kit/fault.ts';
import type { JsonObject } from '../../../core/kit/json.ts';
import type { SpawnRequest } from '../../../ports/runtime.ts';
import { dirOf, type FakeContext, lockOf, takeTime } from './fake-context.ts';
import { checkNetworks, resolveNics, takenForward } from './fake-network.ts';
import { growDisks } from './fake-update.ts';
import { createFakeVm } from './fake-vm.ts';
import type { FakeInstanceFiles } from './fake-world.ts';

/** Starts a simulated process with a frozen guest. The same faults as the real one, and the same traces left behind. */
export async function spawnFake(
  context: FakeContext,
  request: SpawnRequest,
  signal: AbortSignal,
): Promise<ProcessProof> {
  const { world, host, times } = context;
  await takeTime(context, times.spawnMs, signal);
  const files = findFiles(context, request);
  checkNetworks(request.spec);
  const nics = resolveNics(request.spec, request.hostPorts);
  const start = {
    dir: dirOf(request),
    lockFile: lockOf(request),
    argv: ['fake-vm', '-uuid', request.uid, '-name', `guest=${request.name}/${request.incarnationId}`],
    stdoutFile: '',
    stderrFile: '',
    user: null,
    cgroup: null,
  };
  const proof = await host.startProcess(start, signal);
  files.incarnations.add(request.incarnationId);
  const told = request.onProcess?.(proof) ?? Promise.resolve();
  told.catch(() => undefined);
  const process = world.liveProcess(proof);
  if (process === undefined) throw spawnFailed(request, 'hypervisor_spawn_failed', 'the process ended at once');
  const taken = takenForward(world, nics);
  if (taken !== undefined || world.faults.spawnFails(request.uid)) {
    world.endProcess(process, { kind: 'code', code: 1 });
    throw taken === undefined
      ? spawnFailed(request, 'hypervisor_spawn_failed', 'the process ended at once')
      : spawnFailed(request, 'port_conflict', `host port ${taken} is taken`, { host_port: taken });
  }
  growDisks(files, request.spec);
  process.vm = createFakeVm(world, request, request.spec, files, nics);
  await told.catch((error: unknown) => {
    world.endProcess(process, { kind: 'signal', signal: 'SIGTERM' });
    throw error;
  });
  return proof;
}

function findFiles(context: FakeContext, request: SpawnRequest): FakeInstanceFiles {
  const files = context.world.instances.get(request.uid);
  const hasDisks = request.spec.disks.every(({ name }) => files?.diskGib.has(name));
  if (files === undefined || !hasDisks || (request.artefacts.root !== null && files.root === null)) {
    throw new Fault('volume_unavailable', `Cannot start VM "${request.name}": a disk of it is not there`);
  }
  return files;
}

const spawnFailed = (request: SpawnRequest, code: string, why: string, details: JsonObject = {}): Fault =>
  new Fault(code, `Cannot start VM "${request.name}": ${why}`, {
    details: { exit_code: 1, stderr_tail: [why], ...details },
  });
