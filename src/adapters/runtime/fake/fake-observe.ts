import type { VmFacts } from '../../../core/instance/evidence.ts';
import type { ProcessEvidence, ProcessProof } from '../../../core/instance/process.ts';
import type { FoundRuntime, IncarnationRef, RuntimeEvidence } from '../../../ports/runtime.ts';
import { dirOf, type FakeContext, isSilent, LOOK_TIMEOUT_MS } from './fake-context.ts';
import type { FakeVm } from './fake-vm.ts';
import type { FakeProcess } from './fake-world.ts';

const MS_PER_TICK = 10;

/** One look, with the same three outcomes as on a real host (F2). */
export async function observeFake(
  context: FakeContext,
  ref: IncarnationRef,
  known: ProcessProof | null,
  signal: AbortSignal,
): Promise<RuntimeEvidence> {
  signal.throwIfAborted();
  const process = await observeProcess(context, ref, known);
  if (process.life !== 'alive') return { process, monitor: { kind: 'not_asked' }, facts: null };
  const live = context.world.liveProcess(process.proof);
  if (live?.vm === undefined || isSilent(context, live, ref)) {
    await context.clock.sleep(LOOK_TIMEOUT_MS, signal);
    const because = `Monitor did not answer within ${LOOK_TIMEOUT_MS} ms`;
    return { process, monitor: { kind: 'silent', because }, facts: null };
  }
  const facts = factsOf(context, live, live.vm);
  return { process, monitor: { kind: 'answered', state: live.vm.state() }, facts };
}

async function observeProcess(
  { world, host }: FakeContext,
  ref: IncarnationRef,
  known: ProcessProof | null,
): Promise<ProcessEvidence> {
  const proof = known ?? world.pidFiles.get(dirOf(ref));
  if (proof === undefined) return { life: 'none' };
  const life = await host.proveProcess(proof);
  if (life.life === 'alive') return { life: 'alive', proof: { ...proof } };
  if (life.life === 'inconclusive') return life;
  const exit = known === null ? ({ kind: 'unknown' } as const) : life.exit;
  const oomKilled = world.processes.get(proof.pid)?.end?.oomKilled === true;
  return { life: 'dead', exit, oomKilled, stderrTail: [] };
}

function factsOf({ world }: FakeContext, process: FakeProcess, vm: FakeVm): VmFacts {
  return {
    cpuCores: vm.cpuCores,
    memoryMib: vm.memoryMib,
    ...vm.ceilings,
    freePorts: vm.freePorts,
    lostFiles: [...vm.files.unlinked].toSorted().map((disk) => ({ disk, how: 'gone' as const })),
    disks: vm.disks.toSorted().map((name) => ({ name, sizeGib: vm.files.diskGib.get(name) ?? 0 })),
    rootDiskBytes: vm.files.root?.sizeBytes ?? null,
    nics: vm.nics.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    accel: 'tcg',
    metrics: {
      cpuUsage: vm.state() === 'running' ? 0.01 : 0,
      memoryUsedMib: vm.memoryMib,
      diskReadBytes: 0,
      diskWriteBytes: 0,
      netRxBytes: null,
      netTxBytes: null,
      uptimeSeconds: Math.floor((world.clock.bootMs() - process.startTime * MS_PER_TICK) / 1000),
    },
  };
}

/** Every instance of the world, by its files. */
export async function scanFake({ world, host }: FakeContext, signal: AbortSignal): Promise<readonly FoundRuntime[]> {
  signal.throwIfAborted();
  const found: FoundRuntime[] = [];
  for (const [uid, files] of world.instances) {
    const { name } = files;
    if (files.incarnations.size === 0) found.push({ uid, name, incarnationId: null, proof: null });
    for (const incarnationId of files.incarnations) {
      const process = await host.findProcess(dirOf({ uid, incarnationId }));
      found.push({ uid, name, incarnationId, proof: process.kind === 'found' ? process.proof : null });
    }
  }
  return found;
}
