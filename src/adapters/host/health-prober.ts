import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { HealthProber } from '../../ports/health-prober.ts';

const { get } = process.getBuiltinModule('node:http');

/** The forwarder is asked again this often while neither it nor the guest has said anything. */
const askAgainMs = 100;

/** Probes over real sockets from the host. A probe ends with its first evidence; what it opened is closed in every case. */
export function createHealthProber(): HealthProber {
  return {
    tcp: (target, isAccepted, signal) => probeTcp(target, isAccepted, signal),
    http: ({ host, port, path }, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const request = get({ host, port, path, signal, agent: false }, (response) => {
          const status = response.statusCode ?? 0;
          resolve(status >= 200 && status < 400 ? null : `answered with status ${status}`);
          response.destroy();
        });
        request.once('error', (error) => {
          if (signal.aborted) reject(signal.reason);
          else resolve(error.message);
        });
      }),
  };
}

async function probeTcp(
  target: { readonly host: string; readonly port: number },
  isAccepted: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<string | null> {
  signal.throwIfAborted();
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  // Half open, so that a guest that accepts and closes at once is seen to have accepted.
  const socket = connect({ ...target, allowHalfOpen: true });
  try {
    return await Promise.race([heard(socket, isAccepted, both), accepted(socket, isAccepted, both), abortOf(both)]);
  } finally {
    over.abort(null);
    socket.destroy();
  }
}

/** What the socket says: data is the guest's own, an end without data is a refusal unless it was accepted before. */
async function heard(
  socket: Socket,
  isAccepted: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<string | null> {
  const end = await new Promise<'data' | 'end' | Error>((resolve) => {
    socket.once('data', () => resolve('data'));
    socket.once('end', () => resolve('end'));
    socket.once('error', resolve);
  });
  if (end === 'data') return null;
  if (end === 'end') return (await isAccepted(signal)) ? null : 'the guest refused the connection';
  return end.message;
}

async function accepted(
  socket: Socket,
  isAccepted: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<null> {
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
  });
  while (!(await isAccepted(signal))) await delay(askAgainMs, undefined, { signal, ref: false });
  return null;
}

const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
