import { killEverything, pauseAgentRestartResume, rebootWhileAgentDown, twoAgents } from './agent-away.ts';
import { deletion, labelPatch, mutableImage, removedDisk, replacedImage } from './changes.ts';
import { slowImage, takenBackImage, unfetchedImage } from './fetches.ts';
import { fullHost } from './full-host.ts';
import { guestPowerOff, pausedBehindOurBack } from './guest-ends.ts';
import { unhealthyGuests } from './health.ts';
import { joinedCluster, joinedLeavingAlone } from './joining.ts';
import { adoptMix, randomMix, restoreMix, storm } from './random-mix.ts';
import { restoredDisks, restoredImage } from './restored-disks.ts';
import type { Scenario } from './scenario.ts';
import { errorToRunning, startDuringStop, stopTimeoutFail } from './stopping.ts';
import { adoptedStore, adoptionRefused, emptyStore, fullStore, restoredStore } from './stores.ts';

/** Every scenario by name. */
export const scenarios: readonly Scenario[] = [
  randomMix,
  storm,
  restoreMix,
  adoptMix,
  startDuringStop,
  stopTimeoutFail,
  errorToRunning,
  pauseAgentRestartResume,
  guestPowerOff,
  pausedBehindOurBack,
  unhealthyGuests,
  fullHost,
  rebootWhileAgentDown,
  killEverything,
  twoAgents,
  restoredStore,
  restoredImage,
  restoredDisks,
  emptyStore,
  fullStore,
  adoptedStore,
  adoptionRefused,
  joinedCluster,
  joinedLeavingAlone,
  mutableImage,
  replacedImage,
  unfetchedImage,
  takenBackImage,
  slowImage,
  removedDisk,
  labelPatch,
  deletion,
];

export function findScenario(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
