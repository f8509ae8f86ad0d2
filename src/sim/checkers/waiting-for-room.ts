/**
 * A guest whose writes find no room on its host is told as such, and as nothing else: once its agent and its user can hear of it,
 * nobody reads that it runs, or that somebody paused it. It is ended for no policy: neither for checks that it cannot answer nor
 * for silence (spec S11).
 */
import type { FakeProcess } from '../../adapters/runtime/fake/fake-world.ts';
import { fairWeather } from '../sim-network.ts';
import type { SimNode } from '../sim-node.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Checker } from './checker.ts';

/** So long after the last thing that keeps a node from seeing or telling it is told. */
const toldWithinMs = 45_000;
/** What could not be journaled is tried again after the longest backoff. */
const journaledWithinMs = 5 * 60_000;
/** A policy that ends it for checks that failed before has done so by then. */
const judgedWithinMs = 30_000;

/** Since when a guest waits, one that was let go in vain included; and since when it last stopped. */
interface Wait {
  readonly since: number;
  stoppedAt: number;
  isStopped: boolean;
}

export function createWaitingForRoom(): Checker {
  const waiting = new Map<FakeProcess, Wait>();
  /** Until when something may not be told yet; by node. */
  const undisturbedAt = new Map<string, number>();
  return {
    name: 'waiting-for-room',
    afterStep(world) {
      const now = world.time.elapsedMs;
      for (const node of world.nodes) {
        undisturbedAt.set(node.name, Math.max(undisturbedAt.get(node.name) ?? 0, now + disturbanceMs(world, node)));
        for (const process of node.processes) follow(waiting, node, process, now);
      }
      for (const { node, before, after } of world.recorded()) {
        const state = after.incarnation?.state;
        if (state?.kind !== 'stopping' || before?.incarnation?.state.kind === 'stopping') continue;
        if (state.because !== 'unhealthy') continue;
        const process = node.world.processes.get(state.process.pid);
        const since = process === undefined ? undefined : waiting.get(process)?.since;
        if (since !== undefined && now - since > judgedWithinMs) {
          return `${after.name} on ${node.name} has waited for room for ${now - since} ms and is ended as ${state.because}`;
        }
      }
      for (const node of world.nodes) {
        if (now < (undisturbedAt.get(node.name) ?? 0)) continue;
        for (const process of node.processes) {
          const wait = waiting.get(process);
          if (wait?.isStopped !== true) continue;
          if (now - wait.stoppedAt < toldWithinMs) continue;
          const said = whatIsSaid(world, process);
          if (said !== null) return `${process.vm?.ref.name} waits for room on ${node.name}, and users read: ${said}`;
        }
      }
      return null;
    },
  };
}

function follow(waiting: Map<FakeProcess, Wait>, node: SimNode, process: FakeProcess, now: number): void {
  const isStopped = process.vm?.state() === 'io_error';
  const wait = waiting.get(process);
  if (wait === undefined) {
    if (isStopped) waiting.set(process, { since: now, stoppedAt: now, isStopped });
    return;
  }
  // Nobody can ask a process that hangs what its guest does.
  if ((isStopped && !wait.isStopped) || process.isHung) wait.stoppedAt = now;
  wait.isStopped = isStopped;
  if (!isStopped && !node.faults.hasNoRoom) waiting.delete(process);
}

/** For how long something may keep this node from seeing its guests, or users from hearing of it. */
function disturbanceMs({ control, network }: SimWorld, node: SimNode): number {
  if (node.disk.health !== 'well') return journaledWithinMs + toldWithinMs;
  const isCut = !node.isUp || !control.isUp || network.cut.has(node.name) || network.weather !== fairWeather;
  return isCut || control.disk.health !== 'well' || node.faults.monitorSilent.size > 0 ? toldWithinMs : 0;
}

/** Null: what is so, or of another order that is under way. */
function whatIsSaid({ control, history }: SimWorld, { vm }: FakeProcess): string | null {
  const record = vm === undefined ? undefined : history.vms.get(vm.ref.uid)?.latest?.record;
  const cached = record === undefined ? undefined : control.plane?.model.get(record.name);
  if (cached === undefined || cached.record.uid !== vm?.ref.uid) return null;
  const running = cached.reading.conditions.find(({ type }) => type === 'running');
  return running?.code === 'guest_executing' || running?.code === 'paused' ? running.message : null;
}
