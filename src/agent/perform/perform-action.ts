import type { Action } from '../../core/instance/decision.ts';
import { exhaustive } from '../../core/kit/exhaustive.ts';
import { performAdopt } from './adopt.ts';
import { performDropDisks } from './drop-disks.ts';
import { performFetch } from './fetch.ts';
import { performKill } from './kill.ts';
import { performKillStray } from './kill-stray.ts';
import { performPause } from './pause.ts';
import type { Performing } from './performing.ts';
import { performPowerDown } from './power-down.ts';
import { performRecord } from './record.ts';
import { performRemove } from './remove.ts';
import { performResume } from './resume.ts';
import { performStart } from './start.ts';
import { performStop } from './stop.ts';
import { performUpdate } from './update.ts';

/** Carries out one action of a decision. */
export async function performAction(performing: Performing, action: Action): Promise<void> {
  switch (action.kind) {
    case 'none':
      return;
    case 'fetch':
      return performFetch(performing);
    case 'start':
      return await performStart(performing);
    case 'adopt':
      return await performAdopt(performing, action.process);
    case 'resume':
      return await performResume(performing);
    case 'pause':
      return await performPause(performing);
    case 'stop':
      return await performStop(performing, action);
    case 'power_down':
      return await performPowerDown(performing);
    case 'kill':
      return await performKill(performing);
    case 'kill_stray':
      return await performKillStray(performing, action.process);
    case 'update':
      return await performUpdate(performing, action.fields);
    case 'drop_disks':
      return await performDropDisks(performing, action.disks);
    case 'remove':
      return await performRemove(performing);
    case 'record':
      return await performRecord(performing, action.change);
    default:
      return exhaustive(action);
  }
}

/** True for actions that only write the journal: what was seen of the runtime is still what is there. */
export function onlyJournals(action: Action): boolean {
  return action.kind === 'record' || action.kind === 'stop';
}
