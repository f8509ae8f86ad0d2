import type { Uid } from '../core/kit/brand.ts';
import type { CachedVm } from './cached-vm.ts';
import type { ControlDeps } from './control-config.ts';
import type { ReadModel } from './read-model.ts';
import { startWakeLoop, type WakeLoop } from './wake-loop.ts';

/** VMs whose reading changes by time alone, with when; only those in transient phases have one. */
export function startTimedChanges(
  deps: ControlDeps & { readonly model: ReadModel },
  onChange: (vm: CachedVm) => void,
): {
  note(vm: CachedVm): void;
  forget(uid: Uid): void;
  /** VMs that time alone has changed since their last revision. */
  late(): readonly CachedVm[];
  stop: WakeLoop['stop'];
} {
  const due = new Map<Uid, number>();
  const passed = new Set<Uid>();
  let earliest: number | null = null;
  const loop = startWakeLoop(deps, 'timed changes', async () => {
    const now = deps.clock.now();
    if (earliest !== null && now >= earliest) earliest = fireDue(due, passed, deps.model, now, onChange);
    return earliest;
  });
  return {
    note(vm) {
      const { uid } = vm.record;
      if (vm.changedByTime) passed.add(uid);
      else passed.delete(uid);
      const at = vm.changesAt;
      if (at === null) {
        due.delete(uid);
        return;
      }
      due.set(uid, at);
      if (earliest !== null && at >= earliest) return;
      earliest = at;
      loop.wake();
    },
    // A VM that is gone can still be read by uid; time changes it no more.
    forget(uid) {
      due.delete(uid);
      passed.delete(uid);
    },
    late: () => [...passed].flatMap((uid) => deps.model.getByUid(uid) ?? []),
    stop: loop.stop,
  };
}

/** Tells of every VM that is due and returns the next time; few VMs are ever in it, so a scan is enough. */
function fireDue(
  due: Map<Uid, number>,
  passed: Set<Uid>,
  model: ReadModel,
  now: number,
  onChange: (vm: CachedVm) => void,
): number | null {
  for (const [uid, at] of [...due]) {
    if (at > now) continue;
    due.delete(uid);
    const vm = model.getByUid(uid);
    if (vm === undefined) continue;
    passed.add(uid);
    if (vm.changesAt !== null) due.set(uid, vm.changesAt);
    onChange(vm);
  }
  let next: number | null = null;
  for (const at of due.values()) next = Math.min(next ?? at, at);
  return next;
}
