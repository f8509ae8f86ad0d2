import type { FakeFaults } from '../adapters/runtime/fake/fake-world.ts';
import type { Uid } from '../core/kit/brand.ts';

/** Switches that the simulated host asks before an effect; by instance. */
export class HostFaults {
  readonly spawnFails = new Set<Uid>();
  readonly realiseFails = new Map<Uid, string>();
  readonly monitorSilent = new Set<Uid>();
  readonly ignoresPowerButton = new Set<Uid>();
  readonly failsChecks = new Set<Uid>();
  /** The disk of the host is full. */
  hasNoRoom = false;

  clear(): void {
    this.hasNoRoom = false;
    const { spawnFails, realiseFails, monitorSilent, ignoresPowerButton, failsChecks } = this;
    for (const faults of [spawnFails, realiseFails, monitorSilent, ignoresPowerButton, failsChecks]) faults.clear();
  }
}

/** The switches as the simulated host asks for them. */
export function askFaults(faults: HostFaults): FakeFaults {
  return {
    spawnFails: (uid) => faults.spawnFails.has(uid),
    realiseFails: (uid) => faults.realiseFails.get(uid) ?? (faults.hasNoRoom ? 'pool_full' : undefined),
    monitorSilent: (uid) => faults.monitorSilent.has(uid),
    ignoresPowerButton: (uid) => faults.ignoresPowerButton.has(uid),
    failsChecks: (uid) => faults.failsChecks.has(uid),
    hasNoRoom: () => faults.hasNoRoom,
  };
}
