import { Fault } from '../core/kit/fault.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'this host has no such address',
  EACCES: 'this user may not listen on that port',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name cannot be looked up',
};

/** Why a server cannot listen where it was told to, said to whoever told it; what else went wrong comes back as it is. */
export function listenFault(error: unknown, { host, port }: { readonly host: string; readonly port: number }): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const action = `Cannot listen on ${host}:${port}`;
  if (code === 'EADDRINUSE') return new Fault('address_in_use', `${action}: the address is taken`);
  const reason = reasons[code];
  return reason === undefined ? error : new Fault('usage', `${action}: ${reason}`, { retry: 'never', cause: error });
}

/** Bytes of a unix socket's path: the system has a field of 108 for it, with a zero at its end. */
export const socketPathMax = 107;

/** Fault `usage`: the system itself says 'invalid argument'. */
export function refuseLongSocket(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= socketPathMax) return;
  const message = `Cannot listen for nodes on ${path}: the path of a socket has at most ${socketPathMax} bytes, not ${bytes}`;
  throw new Fault('usage', `${message}; give a shorter one with --node-socket`, { retry: 'never' });
}
