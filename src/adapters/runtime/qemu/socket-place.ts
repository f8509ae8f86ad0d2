import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Fault } from '../../../core/kit/fault.ts';

/** Opens a place in the file system without opening what is there; Node does not name it. */
const O_PATH = 0o10_000_000;

/** Where a hypervisor has its sockets, and whose they must be; null where processes run under the agent's own user. */
export interface SocketPlace {
  readonly dir: string;
  readonly user: number | null;
}

/**
 * Runs `use` with a path to the socket that is there now. The directory is the process's own: one that was taken over could
 * put a symbolic link in its place, to the serial line of another guest or to any socket of the host that root may speak to,
 * and have the agent hand over what somebody types. So what is there is taken hold of without following a link, must be a
 * socket made by the process's user, and is connected to by the descriptor; which also keeps below the 107 bytes that
 * paths of sockets are limited to. Fault `monitor_failed`.
 */
export async function throughSocket<T>(
  place: SocketPlace,
  socket: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  let fd: number;
  try {
    fd = openSync(`${place.dir}/${socket}`, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    throw new Fault('monitor_failed', `Cannot reach the hypervisor: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const found = fstatSync(fd);
    if (!found.isSocket() || (place.user !== null && found.uid !== place.user)) {
      throw new Fault(
        'monitor_failed',
        'Cannot reach the hypervisor: what is in the place of its socket is not its own',
      );
    }
    return await use(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
