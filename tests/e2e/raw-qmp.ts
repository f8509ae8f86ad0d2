/** A raw QMP client: somebody who goes behind Holdfast's back. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Runs one command over the socket and resolves with its `return`. A path too long for a socket is reached through /proc. */
export async function rawQmp(socketPath: string, command: string): Promise<unknown> {
  const socket = connect(socketPath);
  const lines = createInterface({ input: socket });
  const send = (execute: string): boolean => socket.write(`${JSON.stringify({ execute })}\n`);
  try {
    for await (const line of lines) {
      const message = JSON.parse(line) as Record<string, unknown>;
      if ('QMP' in message) send('qmp_capabilities');
      else if ('error' in message) throw new Error(JSON.stringify(message['error']));
      else if ('return' in message && !('done' in socket)) {
        Object.assign(socket, { done: true });
        send(command);
      } else if ('return' in message) return message['return'];
    }
    throw new Error(`The monitor closed before it answered ${command}`);
  } finally {
    socket.destroy();
  }
}
