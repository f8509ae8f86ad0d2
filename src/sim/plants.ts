/**
 * Bugs, planted from outside between the product and its ports, to see that the checkers find them. The product holds none of
 * them; a scenario that runs without plants never comes here. Each checker is shown to be able to fail by one of them.
 */
import { fetchingNothing } from './plants/image-plants.ts';
import { deletingUnasked, forgettingStops, hidingRestores, losingEntries } from './plants/link-plants.ts';
import {
  killingNobody,
  leavingFiles,
  leavingPidFiles,
  startingNever,
  startingTwice,
  startingUnfrozen,
  takingForPaused,
} from './plants/runtime-plants.ts';
import {
  answeringEarly,
  finishingEarly,
  forgettingKeys,
  goingBack,
  realisingEarly,
  reusingGenerations,
  tellingLess,
  waitingForEver,
} from './plants/store-plants.ts';
import type { NodePlant } from './sim-node-deps.ts';
import type { Plants } from './world-options.ts';

interface Plant {
  readonly plants: Plants;
  /** The checker that it shows to work, first, and others that may see it sooner. */
  readonly foundBy: readonly string[];
  /** Where it shows itself soon; `random` where nothing is said. */
  readonly scenario?: string;
}

const inRuntime = (runtime: NodePlant['runtime']): Plants => ({ node: { runtime } });
const inJournal = (journal: NodePlant['journal']): Plants => ({ node: { journal } });
const inStore = (store: Plants['store']): Plants => ({ store });

/** By name. The first three are the bugs that no such system may have. */
export const plants: Readonly<Record<string, Plant>> = {
  'double-start': { plants: inRuntime(startingTwice), foundBy: ['one-execution'] },
  'lost-write': { plants: inStore(answeringEarly), foundBy: ['acknowledged-writes', 'careful-user'] },
  'revived-after-stop': {
    plants: { node: { link: forgettingStops } },
    foundBy: ['orders-kept', 'effects-ordered'],
  },
  'unfrozen-start': { plants: inRuntime(startingUnfrozen), foundBy: ['journaled-execution'] },
  'never-starts': { plants: inRuntime(startingNever), foundBy: ['convergence'] },
  'idle-kill': { plants: inRuntime(killingNobody), foundBy: ['at-rest'] },
  'room-not-told': { plants: inRuntime(takingForPaused), foundBy: ['waiting-for-room'], scenario: 'full-host' },
  'files-left': { plants: inRuntime(leavingFiles), foundBy: ['removals'] },
  'pid-files-left': { plants: inRuntime(leavingPidFiles), foundBy: ['owners'] },
  'deletion-unasked': { plants: { node: { link: deletingUnasked } }, foundBy: ['effects-ordered'] },
  'restore-hidden': { plants: { node: { link: hidingRestores } }, foundBy: ['disks-asked'], scenario: 'restore-mix' },
  'fetches-nothing': { plants: { node: { images: fetchingNothing } }, foundBy: ['artefacts-first'] },
  'lost-entry': { plants: { node: { wire: losingEntries } }, foundBy: ['whole-assignments'] },
  'assignment-goes-back': { plants: inJournal(goingBack), foundBy: ['orders-kept'] },
  'realised-too-early': { plants: inJournal(realisingEarly), foundBy: ['realised'] },
  'generation-reused': { plants: inStore(reusingGenerations), foundBy: ['history-grows', 'orders-kept'] },
  'task-finished-early': { plants: inStore(finishingEarly), foundBy: ['history-grows'] },
  'keys-forgotten': { plants: inStore(forgettingKeys), foundBy: ['careful-user'], scenario: 'storm' },
  'endless-wait': { plants: inStore(waitingForEver), foundBy: ['readings'] },
  'watcher-not-told': { plants: inStore(tellingLess), foundBy: ['watch-streams'] },
};
