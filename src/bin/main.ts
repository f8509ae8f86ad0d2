/** Puts the CLI onto this process: standard streams, signals, clock, environment, exit code. */
import { randomUUID } from 'node:crypto';
import { createSystemClock } from '../adapters/host/system-clock.ts';
import type { CliIo, CliOutput } from '../cli/cli-io.ts';
import { commandTable } from '../cli/command-table.ts';
import { runProgram } from '../cli/program.ts';
import { Fault } from '../core/kit/fault.ts';
import { dataDirs } from './data-dirs.ts';
import { httpFetch } from './http-fetch.ts';
import { roleTable } from './role-table.ts';
import { terminalColumns } from './terminal-columns.ts';
import { version } from './version.ts';

/** Runs the command line of this process and ends it with the exit code. */
export async function main(): Promise<void> {
  const interrupted = new AbortController();
  // The first Ctrl-C asks; what does not listen to it ends with the second.
  process.once('SIGINT', () => interrupted.abort(new Fault('interrupted', 'Stopped by the user')));
  process.once('SIGTERM', () => interrupted.abort(new Fault('terminated', 'Ended by SIGTERM')));
  // A reader that went away (`| head`) wants no more: that is no error.
  process.stdout.on('error', endQuietly);
  process.stderr.on('error', endQuietly);
  const code = await runProgram(processIo(interrupted.signal), [...roleTable, ...commandTable], process.argv.slice(2));
  process.exitCode = code;
  // Idle connections must not hold the prompt back; everything written is out before the end.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

/**
 * Output that could not be written is no success. Standard streams do not keep their error, so it is acted on where it is
 * told.
 */
function endQuietly(error: NodeJS.ErrnoException | null | undefined): void {
  if (error !== null && error !== undefined) process.exit(error.code === 'EPIPE' ? 0 : 1);
}

function processIo(signal: AbortSignal): CliIo {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    stdin: {
      isTerminal: process.stdin.isTTY === true,
      stream: process.stdin,
      setRaw: (raw) => {
        if (process.stdin.isTTY === true) process.stdin.setRawMode(raw);
      },
    },
    env: process.env,
    clock: createSystemClock(),
    fetch: httpFetch,
    openSocket: (url) => new WebSocket(url),
    uuid: randomUUID,
    dataDirs: dataDirs(process.env),
    version,
    signal,
  };
}

function outputOf(stream: NodeJS.WriteStream): CliOutput {
  return {
    write: (text) => {
      stream.write(text, endQuietly);
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      return terminalColumns(stream);
    },
  };
}
