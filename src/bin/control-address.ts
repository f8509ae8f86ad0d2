import { connect, type Socket } from 'node:net';
import { Fault } from '../core/kit/fault.ts';

/** Where the control plane listens for nodes. */
export type ControlAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Parses `unix:PATH` or `tcp:HOST:PORT`. Fault `usage` names what is wrong. */
export function parseControlAddress(text: string): ControlAddress {
  if (text.startsWith('unix:') && text.length > 'unix:'.length)
    return { kind: 'unix', path: text.slice('unix:'.length) };
  const tcp = /^tcp:(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(tcp?.[3]);
  if (tcp !== null && port >= 1 && port <= 65_535) return { kind: 'tcp', host: tcp[1] ?? tcp[2] ?? '', port };
  throw new Fault('usage', `Cannot use --control ${JSON.stringify(text)}: it is 'unix:PATH' or 'tcp:HOST:PORT'`, {
    retry: 'never',
  });
}

/** Parses `HOST:PORT` of `--listen`; port 0 = any free one. Fault `usage`. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new Fault('usage', `Cannot use --listen ${JSON.stringify(text)}: it is 'HOST:PORT', such as 127.0.0.1:7070`, {
      retry: 'never',
    });
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

/** Opens a stream to the control plane; rejects with the system's error, or with the signal's reason. */
export function dialControl(address: ControlAddress, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect(
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
    );
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error) => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
  });
}
