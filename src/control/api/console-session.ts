import type { WebSocket } from 'ws';
import type { ConsoleSession } from '../../ports/control-link.ts';
import { pause } from '../../ports/pause.ts';
import { skipMarker } from '../../wire/http/log-stream.ts';
import { consoleBacklogBytes, consoleInputBytes, consolePingMs } from './api-config.ts';
import type { ConsoleTicket } from './console-tickets.ts';
import { openWithin, sessionOf } from './node-viewer.ts';
import type { RouteContext } from './route-context.ts';

/** One viewer: node → socket with skipping, socket → node in order. */
export async function runConsole(
  ctx: RouteContext,
  socket: WebSocket,
  ticket: ConsoleTicket,
  scrollback: number,
): Promise<void> {
  const { plane, deps, closing } = ctx;
  const vm = plane.model.getByUid(ticket.uid);
  if (vm === undefined) return socket.close(1011, 'not_found');
  const node = sessionOf(ctx, vm, `open the console of VM "${ticket.name}"`);
  const ended = new AbortController();
  socket.on('close', () => ended.abort());
  const opening = openWithin(ctx, ended.signal, (signal) =>
    node.service.openConsole(ticket.uid, scrollback, viewerOf(socket), signal),
  );
  if (!ticket.readOnly) typeInto(opening, socket);
  const session = await opening;
  if (ended.signal.aborted) return session.close();
  ended.signal.addEventListener('abort', () => session.close(), { once: true });
  closing.addEventListener('abort', () => socket.close(1001, 'not_ready'), { once: true, signal: ended.signal });
  while (!ended.signal.aborted) {
    await pause(deps.clock, consolePingMs, ended.signal);
    if (!ended.signal.aborted) socket.ping();
  }
}

/** What is typed goes to the node in order, and as fast as it takes it: a viewer that is ahead is not read from. */
function typeInto(opening: Promise<ConsoleSession>, socket: WebSocket): void {
  // Whoever opens the session says why it cannot be.
  const opened = opening.catch(() => null);
  let held = 0;
  let writing: Promise<void> = Promise.resolve();
  const write = async (bytes: Buffer): Promise<void> => {
    await (await opened)?.write(bytes);
    held -= bytes.length;
    if (held < consoleInputBytes) socket.resume();
  };
  socket.on('message', (bytes: Buffer) => {
    held += bytes.length;
    if (held >= consoleInputBytes) socket.pause();
    writing = writing.then(() => write(bytes)).catch(() => socket.close(1011, 'outcome_unknown'));
  });
}

function viewerOf(socket: WebSocket) {
  let skipped = 0;
  return {
    async data(bytes: Uint8Array): Promise<void> {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > consoleBacklogBytes) {
        skipped += bytes.length;
        return;
      }
      if (skipped > 0) {
        socket.send(Buffer.from(skipMarker(skipped)));
        skipped = 0;
      }
      socket.send(bytes, { binary: true });
    },
    closed: (because: string) => socket.close(1000, because.slice(0, 100)),
  };
}
