import { type ApiClient, createApiClient } from '../client/api-client.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Json } from '../core/kit/json.ts';
import { secretOf } from '../core/kit/secret.ts';
import type { CliIo } from './cli-io.ts';
import { findServer, type NamedServer } from './find-server.ts';
import type { OutputFormat } from './output-formats.ts';
import { createPaint } from './paint.ts';
import type { View } from './view.ts';

/** The flags that every command takes, as the parser let them through. */
export interface GlobalOptions {
  readonly server: string | undefined;
  readonly token: string | undefined;
  readonly output: OutputFormat | undefined;
  /** False with --no-color. */
  readonly color: boolean;
  readonly quiet: boolean;
}

/** What a command works with. */
export interface Cli {
  readonly io: CliIo;
  readonly format: OutputFormat;
  readonly quiet: boolean;
  /** For text on standard output. */
  readonly view: View;
  /** For text on standard error: errors, progress, questions. */
  readonly errorView: View;
  /** Made when first asked for: `completion` and `version` need no server. */
  client(): ApiClient;
  print(text: string): void;
  printJson(value: Json): void;
  /** Words for a person, on standard error; silent with -q. */
  say(line: string): void;
}

export function createCli(io: CliIo, globals: GlobalOptions): Cli {
  const viewOf = (output: CliIo['stdout']): View => {
    const noColor = io.env['NO_COLOR'] !== undefined && io.env['NO_COLOR'] !== '';
    const coloured = output.isTerminal && globals.color && !noColor && io.env['TERM'] !== 'dumb';
    return { paint: createPaint(coloured), columns: output.columns, now: io.clock.now() };
  };
  let client: ApiClient | undefined;
  return {
    io,
    format: globals.output ?? 'table',
    quiet: globals.quiet,
    get view() {
      return viewOf(io.stdout);
    },
    get errorView() {
      return viewOf(io.stderr);
    },
    client() {
      client ??= createApiClient({ fetch: io.fetch }, findServer(serverNamed(io, globals), io.dataDirs));
      return client;
    },
    print: (text) => io.stdout.write(text),
    printJson: (value) => io.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    say: (line) => {
      if (!globals.quiet) io.stderr.write(`${line}\n`);
    },
  };
}

/** Files and variables bring line ends along; what else no header can hold is said here, without the token. */
function sendable(text: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Fault('usage', 'The token of --token or HOLDFAST_TOKEN has characters that no token has');
}

function serverNamed(io: CliIo, globals: GlobalOptions): NamedServer {
  const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
  const token = given(globals.token) ?? given(io.env['HOLDFAST_TOKEN']);
  return {
    server: given(globals.server) ?? given(io.env['HOLDFAST_SERVER']),
    token: token === undefined ? undefined : secretOf(sendable(token)),
    dataDir: given(io.env['HOLDFAST_DATA_DIR']),
  };
}
