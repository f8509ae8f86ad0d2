import type { CachedVm } from '../../control/cached-vm.ts';
import type { ControlPlane } from '../../control/control-plane.ts';
import { rowOf, vmPrefix } from '../../control/rows.ts';
import type { VmEvent } from '../../control/vm-events.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { Checker } from './checker.ts';

/** How often what the stream told is compared with what can be read. */
const compareEveryMs = 30_000;

/** What a watcher believes of one VM. */
interface Believed {
  readonly generation: number;
  readonly phase: string;
  readonly inSync: boolean;
  readonly text: string;
  readonly revision: number;
  readonly toldBy: ControlPlane | null;
}

function asBelieved(vm: CachedVm, revision: number, toldBy: ControlPlane | null): Believed {
  const { record, phase, inSync } = vm;
  return { generation: record.generation, phase, inSync, text: vm.body(true).toString(), revision, toldBy };
}

/**
 * A client that lists once and then only watches, resuming by revision whenever the control plane comes back: it misses
 * nothing (what it believes is what can be read) and hears nothing twice (no event goes back, or says again what was said).
 */
export function createWatchStreams(): Checker {
  const believed = new Map<string, Believed>();
  const offences: string[] = [];
  let lastRevision: number | null = null;
  /** Another cluster, or another epoch of this one: a client lists anew. */
  let chapter = '';
  let watching: ControlPlane | null = null;
  let isResuming = false;
  let comparedAt = 0;
  let doubtful = new Set<string>();

  const hear = (event: VmEvent): void => {
    if (lastRevision !== null && event.revision < lastRevision) {
      offences.push(`an event of revision ${event.revision} came after revision ${lastRevision}`);
    }
    lastRevision = event.revision;
    if (event.type === 'deleted') {
      if (!believed.delete(event.record.name)) offences.push(`deletion of the unknown VM ${event.record.name}`);
      return;
    }
    const { name } = event.vm.record;
    const before = believed.get(name);
    // A client that comes back is told again what time alone changed: the server cannot know whether it has heard, and where
    // its clock was set it may see the same time twice.
    const isAgain = before?.text === event.vm.body(true).toString() && before.revision === event.revision;
    if (isAgain && before.toldBy === watching && !isResuming) {
      offences.push(`revision ${event.revision} of ${name} was told twice`);
    }
    believed.set(name, asBelieved(event.vm, event.revision, watching));
  };

  const follow = (plane: ControlPlane): void => {
    watching = plane;
    const { store } = plane.ctx;
    const present = `${plane.clusterId} ${store.epoch}`;
    if (present !== chapter) lastRevision = null;
    chapter = present;
    const started = lastRevision === null ? null : plane.watches.watch(lastRevision, hear);
    if (started?.kind === 'watching') return;
    believed.clear();
    for (const entry of store.list(vmPrefix)) {
      const vm = plane.model.get(rowOf<VmRecord>(entry).value.name);
      if (vm !== undefined) believed.set(vm.record.name, asBelieved(vm, store.revision(), plane));
    }
    lastRevision = store.revision();
    plane.watches.watch(lastRevision, hear);
  };

  return {
    name: 'watch-streams',
    afterStep(world) {
      const { plane } = world.control;
      isResuming = plane !== null && plane !== watching;
      if (plane !== null && isResuming) follow(plane);
      if (plane !== null && world.time.elapsedMs >= comparedAt) {
        comparedAt = world.time.elapsedMs + compareEveryMs;
        const differing = new Set(differences(plane, believed));
        // Once may be a stream that is on its way; the same twice is a miss.
        const missed = [...differing].find((difference) => doubtful.has(difference));
        doubtful = differing;
        if (differing.size > 0) comparedAt = world.time.elapsedMs + 1_000;
        if (missed !== undefined) return missed;
      }
      return offences[0] ?? null;
    },
  };
}

function differences(plane: ControlPlane, believed: ReadonlyMap<string, Believed>): readonly string[] {
  const found: string[] = [];
  const names = new Set<string>();
  for (const entry of plane.ctx.store.list(vmPrefix)) {
    const { name } = rowOf<VmRecord>(entry).value;
    names.add(name);
    const vm = plane.model.get(name);
    const belief = believed.get(name);
    if (vm === undefined) continue;
    if (belief === undefined) found.push(`a watcher never heard of ${name}`);
    else if (belief.generation !== vm.record.generation) {
      found.push(`a watcher believes ${name} at generation ${belief.generation}, it is at ${vm.record.generation}`);
    } else if (belief.phase !== vm.reading.phase || belief.inSync !== vm.reading.inSync) {
      found.push(
        `a watcher believes ${name} ${belief.phase}, in sync ${belief.inSync}; it is ${vm.reading.phase}, ${vm.reading.inSync}`,
      );
    }
  }
  for (const name of believed.keys()) if (!names.has(name)) found.push(`a watcher never heard of the end of ${name}`);
  return found;
}
