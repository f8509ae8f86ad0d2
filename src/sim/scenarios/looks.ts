/** What a scenario sees of a VM: as users read it, and as it is on the hosts. */
import type { VmReading } from '../../core/convergence/reading.ts';
import { currentObservation } from '../../core/convergence/vm-view.ts';
import type { Uid } from '../../core/kit/brand.ts';
import type { ObservedIncarnation } from '../../core/node/observation.ts';
import { SimFailure, type SimWorld } from '../sim-world.ts';
import type { Answer } from '../users.ts';

/** The reading of a VM now; null while there is none or nobody to ask. */
export function readingOf({ control }: SimWorld, name: string): VmReading | null {
  return control.plane?.model.get(name)?.reading ?? null;
}

export function uidOf(world: SimWorld, name: string): Uid {
  const uid = readingOf(world, name)?.view.record.uid;
  if (uid === undefined) throw new SimFailure('scenario', `there is no VM "${name}"`, world.time.elapsedMs);
  return uid;
}

export function incarnationOf(world: SimWorld, name: string): ObservedIncarnation | null {
  const reading = readingOf(world, name);
  return reading === null ? null : (currentObservation(reading.view)?.instance.incarnation ?? null);
}

/** Live processes of the instance on all hosts. */
export function processesOf(world: SimWorld, uid: Uid): number {
  return world.nodes.reduce((sum, node) => sum + node.world.vmProcesses(uid).length, 0);
}

export const isPhase = (world: SimWorld, name: string, phase: string): boolean =>
  readingOf(world, name)?.phase === phase;

/** Running, in sync, one process. */
export function isConverged(
  world: SimWorld,
  name: string,
  phase: 'running' | 'stopped' | 'paused' = 'running',
): boolean {
  const reading = readingOf(world, name);
  return reading !== null && reading.phase === phase && reading.inSync;
}

export async function untilConverged(
  world: SimWorld,
  name: string,
  phase: 'running' | 'stopped' | 'paused' = 'running',
  maxMs = 120_000,
): Promise<void> {
  await world.until(() => isConverged(world, name, phase), maxMs, `"${name}" is ${phase} and in sync`);
}

/** The answer of a request that must be granted. */
export async function granted<T>(world: SimWorld, request: Promise<Answer<T>>): Promise<T> {
  const answer = await world.during(request);
  if (answer.kind === 'done') return answer.result;
  throw new SimFailure('scenario', `a request was not granted: ${JSON.stringify(answer)}`, world.time.elapsedMs);
}

/** The code with which a request was refused. */
export async function refusal<T>(world: SimWorld, request: Promise<Answer<T>>): Promise<string> {
  const answer = await world.during(request);
  return answer.kind === 'refused' || answer.kind === 'fault' ? answer.code : answer.kind;
}

/** Lets the dust settle, then asks every checker for its last word. */
export async function restAndCheck(world: SimWorld, ms = 60_000): Promise<void> {
  await world.advance(ms);
  world.checkEnd();
}
