/**
 * The whole CLI as one function: arguments in, exit code out. The table of commands is known at once, a command's file is
 * imported when its words stand on the command line; only `completion` and the tests load all of them.
 */
import { CommanderError } from 'commander';
import { exitCodeOf } from '../core/kit/error-table.ts';
import { Fault } from '../core/kit/fault.ts';
import { buildProgram, globalOptionsOf } from './build-program.ts';
import { chooseCommand, placeOf, spellHelp, spellOptional } from './choose-command.ts';
import type { CliIo } from './cli-io.ts';
import type { CommandEntry } from './command.ts';
import { commandElsewhere } from './command-elsewhere.ts';
import { followsFrom } from './follows-from.ts';
import { optionValues } from './option-values.ts';
import { createPaint } from './paint.ts';
import { type ReadError, readError, renderError, renderErrorJson } from './render-error.ts';

/** Runs one command line and resolves with the exit code; never throws. */
export async function runProgram(
  io: CliIo,
  commands: readonly CommandEntry[],
  given: readonly string[],
): Promise<number> {
  const table = [...commands, completeEntry(commands)];
  const argv = spellHelp(table, given);
  try {
    const chosen = chooseCommand(table, argv);
    const definition = chosen === undefined ? undefined : await chosen.load();
    let code: number | undefined;
    const program = buildProgram(table, {
      io,
      chosen,
      definition,
      run: async (cli, words, values) => {
        const options = optionValues(values);
        const { watchFormats = [] } = definition ?? {};
        if (options.flag('watch') && !watchFormats.includes(cli.format)) throw notWatched(cli.format, watchFormats);
        code = await (definition?.run(cli, words, options) ?? 0);
      },
    });
    await program.parseAsync([...spellOptional(definition, argv)], { from: 'user' });
    if (code === undefined) throw new Fault('usage', 'No command was understood; put flags behind the command');
    return code;
  } catch (error) {
    const place = ['holdfast', ...placeOf(table, argv)].join(' ');
    const told = error instanceof CommanderError ? withElsewhere(error, commandElsewhere(table, argv)) : error;
    return report(io, followsFrom(error, io.signal) ? io.signal.reason : told, argv, place);
  }
}

const notWatched = (format: string, formats: readonly string[]): Fault =>
  new Fault('usage', `With -w, -o is ${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}; not '${format}'`);

/** Answers the completion scripts; it speaks of all other commands, so it is made here. */
const completeEntry = (table: readonly CommandEntry[]): CommandEntry => ({
  path: ['__complete'],
  hidden: true,
  summary: 'candidates for the word at the cursor',
  load: async () => (await import('./commands/complete.ts')).completeFrom(table, globalOptionsOf),
});

function report(io: CliIo, error: unknown, argv: readonly string[], place: string): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // A group without a command printed its help.
    if (error.code === 'commander.help') return exitCodeOf('usage');
    return report(io, usageFault(error), argv, place);
  }
  const read = withHelp(readError(error), place);
  if (read.code !== 'interrupted') {
    io.stderr.write(wantsJson(argv) ? renderErrorJson(read) : renderError(read, errorViewOf(io, argv)));
    if (read.code === 'internal' && io.env['HOLDFAST_DEBUG'] === '1' && error instanceof Error) {
      io.stderr.write(`${error.stack ?? ''}\n`);
    }
  }
  // What answers a request as a conflict changed nothing, whatever the code means where an instance meets it later.
  return exitCodeOf(read.details['status'] === 409 ? 'conflict' : read.code);
}

/** A wrong command line is best answered by the help of that very command. */
function withHelp(error: ReadError, place: string): ReadError {
  if (error.code !== 'usage') return error;
  return { ...error, details: { ...error.details, next_action: `See '${place} --help'` } };
}

/** The very word in another place says more than one that is only spelt like it. */
function withElsewhere(error: CommanderError, places: readonly string[]): CommanderError {
  if (error.code !== 'commander.unknownCommand' || places.length === 0) return error;
  const [message] = error.message.split('\n');
  const meant = places.length === 1 ? places[0] : `one of ${places.join(', ')}`;
  return new CommanderError(error.exitCode, error.code, `${message} (Did you mean ${meant}?)`);
}

function usageFault(error: CommanderError): Fault {
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return new Fault('usage', `${message[0]?.toUpperCase() ?? ''}${message.slice(1)}`);
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, at) =>
      (/^(-q*o|--output)$/.test(word) && argv[at + 1] === 'json') || /^(-q*ojson|--output=json)$/.test(word),
  );
}

function errorViewOf(io: CliIo, argv: readonly string[]) {
  const noColor = (io.env['NO_COLOR'] ?? '') !== '' || argv.includes('--no-color') || io.env['TERM'] === 'dumb';
  return {
    paint: createPaint(io.stderr.isTerminal && !noColor),
    columns: io.stderr.columns,
    now: io.clock.now(),
  };
}
