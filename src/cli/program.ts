/**
 * The whole CLI as one function: arguments in, exit code out. The table of commands is known at once, a command's file is
 * imported when its words stand on the command line; only `completion` and the tests load all of them.
 */
import { Command, CommanderError, Option } from 'commander';
import { exitCodeOf } from '../core/kit/error-table.ts';
import { Fault } from '../core/kit/fault.ts';
import { type Cli, createCli, type GlobalOptions, outputFormats } from './cli.ts';
import type { CliIo } from './cli-io.ts';
import type { CommandDefinition, CommandEntry, OptionDefinition } from './command.ts';
import { followsFrom } from './follows-from.ts';
import { optionValues } from './option-values.ts';
import { createPaint } from './paint.ts';
import { type ReadError, readError, renderError, renderErrorJson } from './render-error.ts';

export const globalOptions: readonly OptionDefinition[] = [
  { flags: '--server <url>', text: 'control plane (HOLDFAST_SERVER; else the one that runs on this machine)' },
  { flags: '--token <token>', text: 'bearer token (HOLDFAST_TOKEN; else that of the local data directory)' },
  { flags: '-o, --output <format>', text: 'how to print', choices: outputFormats },
  { flags: '--no-color', text: 'no colours (so does NO_COLOR)' },
  { flags: '-q, --quiet', text: 'no words beside the result' },
];

const groupSummaries: Readonly<Record<string, string>> = {
  vm: 'virtual machines',
  task: 'asynchronous operations',
  node: 'hosts',
};

/** Runs one command line and resolves with the exit code; never throws. */
export async function runProgram(
  io: CliIo,
  commands: readonly CommandEntry[],
  argv: readonly string[],
): Promise<number> {
  const table = [...commands, completeEntry(commands)];
  try {
    const chosen = chooseCommand(table, argv);
    const definition = chosen === undefined ? undefined : await chosen.load();
    let code = 0;
    const program = buildProgram(table, {
      io,
      chosen,
      definition,
      run: async (cli, words, values) => {
        code = await (definition?.run(cli, words, optionValues(values)) ?? 0);
      },
    });
    await program.parseAsync([...spellOptional(definition, argv)], { from: 'user' });
    return code;
  } catch (error) {
    const place = ['holdfast', ...(chooseCommand(table, argv)?.path ?? [])].join(' ');
    return report(io, followsFrom(error, io.signal) ? io.signal.reason : error, argv, place);
  }
}

/** Answers the completion scripts; it speaks of all other commands, so it is made here. */
const completeEntry = (table: readonly CommandEntry[]): CommandEntry => ({
  path: ['__complete'],
  hidden: true,
  summary: 'candidates for the word at the cursor',
  load: async () => (await import('./commands/complete.ts')).completeFrom(table, globalOptions),
});

interface Building {
  readonly io: Pick<CliIo, 'stdout' | 'stderr' | 'version'>;
  readonly chosen: CommandEntry | undefined;
  readonly definition: CommandDefinition | undefined;
  readonly run: (cli: Cli, words: readonly string[], values: Readonly<Record<string, unknown>>) => Promise<void>;
}

function buildProgram(table: readonly CommandEntry[], building: Building & { readonly io: CliIo }): Command {
  const { io } = building;
  const program = configure(new Command('holdfast'), io)
    .description('Declare virtual machines; Holdfast makes them so, keeps them so, and says why one is not so yet.')
    .version(io.version, '-V, --version', 'print the version');
  for (const option of globalOptions) program.addOption(makeOption(option));
  if (building.chosen === undefined) program.addHelpText('after', rootHelp);
  const groups = new Map<string, Command>();
  for (const entry of table) {
    const [first = '', second] = entry.path;
    let parent = program;
    if (second !== undefined) {
      parent = groups.get(first) ?? program.command(first, { hidden: false });
      if (!groups.has(first)) {
        configure(parent, io).description(groupSummaries[first] ?? '');
        groups.set(first, parent);
      }
    }
    const command = configure(parent.command(second ?? first, { hidden: entry.hidden === true }), io);
    command.summary(entry.summary).aliases([...(entry.aliases ?? [])]);
    if (entry === building.chosen && building.definition !== undefined) {
      defineCommand(command, entry, building.definition);
      command.action(async (...parameters: unknown[]) => {
        const cli = createCli(io, program.opts<GlobalOptions>());
        await building.run(cli, wordsOf(parameters, building.definition), valuesOf(command));
      });
    }
  }
  return program;
}

const rootHelp = `
Begin with 'holdfast up', then 'holdfast apply -f FILE' and 'holdfast status'.
'holdfast COMMAND --help' explains a command with examples; exit codes are in docs/errors.md.
`;

function configure(command: Command, io: Pick<CliIo, 'stdout' | 'stderr'>): Command {
  return command
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.stdout.columns ?? 100, 120) })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // The message comes back with the error and is printed once, in our form.
      outputError: () => {},
    })
    .helpOption('-h, --help', 'explain the command');
}

/** Gives a command its arguments, options and help. */
function defineCommand(command: Command, entry: CommandEntry, definition: CommandDefinition): void {
  const summary = `${entry.summary[0]?.toUpperCase() ?? ''}${entry.summary.slice(1)}.`;
  command.description(definition.details === undefined ? summary : `${summary}\n\n${definition.details}`);
  for (const argument of definition.arguments) command.argument(argument.syntax, argument.text);
  for (const option of definition.options) command.addOption(makeOption(option));
  const examples = definition.examples.map(({ line, text }) => `  $ ${line}\n      ${text}`);
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.join('\n')}\n`);
}

function makeOption(definition: OptionDefinition): Option {
  const option = new Option(definition.flags, definition.text);
  if (definition.choices !== undefined) option.choices(definition.choices);
  if (definition.repeat === true) {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

/** The words of the positional arguments, variadic ones spread. */
function wordsOf(parameters: readonly unknown[], definition: CommandDefinition | undefined): readonly string[] {
  const given = parameters.slice(0, definition?.arguments.length ?? 0);
  return given.flat().filter((word): word is string => typeof word === 'string');
}

function valuesOf(command: Command): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    command.options
      .map((option): [string, unknown] => {
        const value = command.getOptionValue(option.attributeName()) as unknown;
        return [option.name(), option.negate ? value === false || undefined : value];
      })
      .filter(([, value]) => value !== undefined),
  );
}

/** The entry whose words come first on the command line; global flags may stand before and between them. */
export function chooseCommand(table: readonly CommandEntry[], argv: readonly string[]): CommandEntry | undefined {
  const takeValue = ['--server', '--token', '-o', '--output'];
  const words: string[] = [];
  for (let at = 0; at < argv.length && words.length < 2; at += 1) {
    const word = argv[at] ?? '';
    if (takeValue.includes(word)) at += 1;
    else if (word === '--') break;
    else if (!word.startsWith('-')) words.push(word);
    else if (words.length > 0 && !['-q', '--quiet', '--no-color'].includes(word) && !word.includes('=')) {
      // A command's own flag: its value would be taken for a word.
      if (!takeValue.some((flag) => word.startsWith(flag))) break;
    }
  }
  // `holdfast help vm get` is `holdfast vm get --help` to the parser; only the definition must be there.
  const [first, second] = words[0] === 'help' ? argv.slice(argv.indexOf('help') + 1) : words;
  return table.find(
    ({ path, aliases }) =>
      path[0] === first &&
      (path[1] === undefined || path[1] === second || (second !== undefined && aliases?.includes(second) === true)),
  );
}

/** `--wait` without `=` gets an empty value, or the parser would take the next word for it. */
function spellOptional(definition: CommandDefinition | undefined, argv: readonly string[]): readonly string[] {
  const optional = (definition?.options ?? [])
    .filter(({ flags }) => flags.includes('['))
    .flatMap(({ flags }) => flags.match(/--[a-z0-9-]+/g) ?? []);
  const end = argv.indexOf('--');
  return argv.map((word, at) => ((end < 0 || at < end) && optional.includes(word) ? `${word}=` : word));
}

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

function usageFault(error: CommanderError): Fault {
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return new Fault('usage', `${message[0]?.toUpperCase() ?? ''}${message.slice(1)}`);
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, at) =>
      ((word === '-o' || word === '--output') && argv[at + 1] === 'json') ||
      word === '-ojson' ||
      word === '--output=json',
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

/** The program with every command loaded, for help texts, the guide and completion. */
export async function buildWholeProgram(io: CliIo, table: readonly CommandEntry[]): Promise<Command> {
  const program = buildProgram(table, { io, chosen: undefined, definition: undefined, run: async () => {} });
  for (const entry of table) {
    const command = findCommand(program, entry.path);
    if (command !== undefined) defineCommand(command, entry, await entry.load());
  }
  return program;
}

export function findCommand(program: Command, path: readonly string[]): Command | undefined {
  return path.reduce<Command | undefined>(
    (parent, word) => parent?.commands.find((command) => command.name() === word),
    program,
  );
}
