import type { SimNode } from './sim-node.ts';
import type { SimRandom } from './sim-random.ts';
import type { Trace } from './trace.ts';

interface GuestFault {
  readonly trace: Trace;
  readonly node: SimNode;
  readonly random: SimRandom;
  /** Ends what lasts, within so long. */
  readonly later: (longestMs: number, end: () => void) => void;
}

/** Something befalls one of the guests of a host: it dies, ends itself, is paused by hand, or hangs for a while. */
export function guestFault({ trace, node, random, later }: GuestFault): void {
  const processes = [...node.processes];
  const process = processes.length === 0 ? undefined : random.pick(processes);
  const uid = process?.vm?.ref.uid;
  if (process === undefined || uid === undefined) return;
  const { world } = node;
  const kind = random.int(8);
  trace.line(`guest fault ${kind} of ${process.vm?.ref.name} on ${node.name}`);
  if (kind === 0) world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  else if (kind === 1) world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' }, true);
  else if (kind === 2) world.endProcess(process, { kind: 'code', code: 1 });
  else if (kind === 3) world.guestPowersOff(uid);
  else if (kind === 4) world.guestPanics(uid);
  else if (kind === 5) world.guestIsPaused(uid);
  else {
    world.hang(uid);
    const isShort = random.chance(0.7);
    later(isShort ? 20_000 : 600_000, () => world.wake(uid));
  }
}
