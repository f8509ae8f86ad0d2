import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../core/kit/fault.ts';
import { type Secret, secretOf } from '../core/kit/secret.ts';

export interface ServerChoice {
  readonly server: string;
  readonly token: Secret | null;
}

const defaultServer = 'http://127.0.0.1:7070';

/**
 * Which control plane, and with which token: flags and environment first, else the `up` of this machine, whose data
 * directory says both. A token is only taken from there for the very server it belongs to.
 */
export function findServer(
  named: { readonly server: string | undefined; readonly token: Secret | undefined },
  dataDirs: readonly string[],
): ServerChoice {
  const server = named.server === undefined ? undefined : withScheme(named.server);
  if (server !== undefined && named.token !== undefined) return { server, token: named.token };
  for (const dir of dataDirs) {
    const address = readLine(join(dir, 'server.address'));
    if (address === null || (server !== undefined && server !== withScheme(address))) continue;
    return { server: withScheme(address), token: named.token ?? readToken(join(dir, 'admin.token')) };
  }
  return { server: server ?? defaultServer, token: named.token ?? null };
}

function withScheme(server: string): string {
  const url = /^https?:\/\//i.test(server) ? server : `http://${server}`;
  if (!URL.canParse(url))
    throw new Fault('usage', `The server is a URL such as http://127.0.0.1:7070, not '${server}'`);
  return url.replace(/\/+$/, '');
}

function readToken(path: string): Secret | null {
  const text = readLine(path);
  return text === null ? null : secretOf(text);
}

function readLine(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? null : text;
  } catch {
    // Not there, or not ours to read: then it is not the answer.
    return null;
  }
}
