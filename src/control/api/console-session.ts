import type { WebSocket } from 'ws';
import type { ConsoleSession } from '../../ports/control-link.ts';
import { pause } from '../../ports/pause.ts';
import { skipMarker } from '../../wire/http/log-stream.ts';
import { consoleBacklogBytes, consoleInputBytes, consolePingMs } from './api-config.ts';
import type { ConsoleTicket } from './console-tickets.ts';
import { openWithin, sessionOf } from './node-viewer.ts';
import type { RouteContext } from './route-context.ts';
import { withoutQuestions } from './terminal-questions.ts';

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
  const viewer = viewerOf(socket);
  const opening = openWithin(ctx, ended.signal, (signal) =>
    node.service.openConsole(ticket.uid, scrollback, viewer, signal),
  );
  if (!ticket.readOnly) typeInto(opening, socket);
  const session = await opening;
  if (ended.signal.aborted) return session.close();
  viewer.begin(session.historyBytes);
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

/** Holds what comes until the history, which goes to the viewer without the questions in it, is complete. */
function viewerOf(socket: WebSocket) {
  let held: Buffer | null = Buffer.alloc(0);
  let historyBytes = Number.POSITIVE_INFINITY;
  let skipped = 0;
  const send = (bytes: Uint8Array): void => {
    if (socket.readyState !== socket.OPEN || bytes.length === 0) return;
    if (socket.bufferedAmount > consoleBacklogBytes) {
      skipped += bytes.length;
      return;
    }
    if (skipped > 0) {
      socket.send(Buffer.from(skipMarker(skipped)));
      skipped = 0;
    }
    socket.send(bytes, { binary: true });
  };
  const release = (): void => {
    if (held === null) return;
    send(withoutQuestions(held.subarray(0, historyBytes)));
    send(held.subarray(historyBytes));
    held = null;
  };
  return {
    async data(bytes: Uint8Array): Promise<void> {
      if (held === null) return send(bytes);
      held = Buffer.concat([held, bytes]);
      if (held.length >= historyBytes) release();
    },
    /** So many bytes that were sent, or are still to come, are history. */
    begin(bytes: number): void {
      historyBytes = bytes;
      if (held !== null && held.length >= bytes) release();
    },
    closed(because: string): void {
      release();
      socket.close(1000, because.slice(0, 100));
    },
  };
}
