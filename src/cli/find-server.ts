import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../core/kit/fault.ts';
import { type Secret, secretOf } from '../core/kit/secret.ts';

export interface ServerChoice {
  readonly server: string;
  readonly token: Secret | null;
}

/** What the flags and the environment say. */
export interface NamedServer {
  readonly server: string | undefined;
  readonly token: Secret | undefined;
  /** HOLDFAST_DATA_DIR. */
  readonly dataDir: string | undefined;
}

const defaultServer = 'http://127.0.0.1:7070';

/**
 * Which control plane, and with which token: flags and environment first, else the `up` of this machine, whose data
 * directory says both. A token is only taken from there for the very server it belongs to. A data directory that was named
 * is the only one looked into: no command goes to another cluster because the one that was meant is not there.
 */
export function findServer(named: NamedServer, dataDirs: readonly string[]): ServerChoice {
  const server = named.server === undefined ? undefined : withScheme(named.server);
  if (server !== undefined && named.token !== undefined) return { server, token: named.token };
  const bound = server === undefined ? named.dataDir : undefined;
  for (const dir of bound === undefined ? dataDirs : [bound]) {
    const address = readLine(join(dir, 'server.address'));
    if (address === null || (server !== undefined && server !== withScheme(address))) continue;
    return { server: withScheme(address), token: named.token ?? readToken(join(dir, 'admin.token')) };
  }
  if (bound !== undefined) {
    throw new Fault(
      'server_unreachable',
      `No control plane runs on HOLDFAST_DATA_DIR ${bound}: it has no server.address`,
      {
        details: {
          next_action: `Start it with 'holdfast up --data-dir ${bound}', or unset or correct HOLDFAST_DATA_DIR`,
        },
      },
    );
  }
  return { server: server ?? defaultServer, token: named.token ?? null };
}

function withScheme(server: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(server) ? server : `http://${server}`;
  // It would be shown wherever the address is.
  if (url.includes('@'))
    throw new Fault(
      'usage',
      'The URL of a server holds no user and no password: a token goes with --token or HOLDFAST_TOKEN',
    );
  // What comes behind the path would be asked of every resource.
  if (!/^https?:/i.test(url) || /[?#]/.test(url) || !URL.canParse(url))
    throw new Fault('usage', `The server is a URL such as http://127.0.0.1:7070, not '${server}'`);
  // The paths of the API begin with /v1 themselves; a proxy's own path may stand before that, and a host be called v1.
  return url.replace(/(?<!\/)(\/v1)?\/*$/, '');
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
