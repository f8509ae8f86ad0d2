import { readFileSync } from 'node:fs';
import { FIRST_USER_ID, USER_ID_COUNT } from './names.ts';

/**
 * Whether each instance can run under a user of its own: the agent is root and the user namespace knows those ids
 * (inside many containers it does not). Where not, processes run as the agent's user, as root without any capability.
 */
export function canUseOwnUsers(uid: number | undefined = process.getuid?.(), uidMap: string = readUidMap()): boolean {
  if (uid !== 0) return false;
  return uidMap.split('\n').some((line) => {
    const [first, , count] = line.trim().split(/\s+/).map(Number);
    if (first === undefined || count === undefined) return false;
    return first <= FIRST_USER_ID && first + count >= FIRST_USER_ID + USER_ID_COUNT;
  });
}

function readUidMap(): string {
  try {
    return readFileSync('/proc/self/uid_map', 'utf8');
  } catch {
    return '';
  }
}
