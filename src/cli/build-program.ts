/** The parser of the command line, made from the table of commands and the definition of the one that was chosen. */
import { Command, Option } from 'commander';
import { Fault } from '../core/kit/fault.ts';
import { type Cli, createCli, type GlobalOptions } from './cli.ts';
import type { CliIo } from './cli-io.ts';
import type { CommandDefinition, CommandEntry, OptionDefinition } from './command.ts';
import { documentFormats, outputFormats } from './output-formats.ts';

const outputOption: OptionDefinition = {
  flags: '-o, --output <format>',
  text: 'how to print',
  choices: outputFormats,
};

export const globalOptions: readonly OptionDefinition[] = [
  { flags: '--server <url>', text: 'control plane (HOLDFAST_SERVER; else the one that runs on this machine)' },
  { flags: '--token <token>', text: 'bearer token (HOLDFAST_TOKEN; else that of the local data directory)' },
  outputOption,
  { flags: '--no-color', text: 'no colours (so does NO_COLOR)' },
  { flags: '-q, --quiet', text: 'no words beside the result' },
];

/** The same beside a command: what it does not print cannot be asked of it. */
export function globalOptionsOf(definition: CommandDefinition | undefined): readonly OptionDefinition[] {
  if (definition === undefined) return globalOptions;
  const { formats = documentFormats } = definition;
  return globalOptions.map((option) => (option === outputOption ? { ...option, choices: formats } : option));
}

const groupSummaries: Readonly<Record<string, string>> = {
  vm: 'virtual machines',
  task: 'asynchronous operations',
  node: 'hosts',
};

interface Building {
  readonly io: Pick<CliIo, 'stdout' | 'stderr' | 'version'>;
  readonly chosen: CommandEntry | undefined;
  readonly definition: CommandDefinition | undefined;
  readonly run: (cli: Cli, words: readonly string[], values: Readonly<Record<string, unknown>>) => Promise<void>;
}

export function buildProgram(table: readonly CommandEntry[], building: Building & { readonly io: CliIo }): Command {
  const { io } = building;
  const program = configure(new Command('holdfast'), io)
    .description('Declare virtual machines; Holdfast makes them so, keeps them so, and says why one is not so yet.')
    .version(io.version, '-V, --version', 'print the version');
  for (const option of globalOptionsOf(building.definition)) program.addOption(makeOption(option));
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
        const values = valuesOf(command);
        refuseLooseTime(command.args, values);
        refuseExcess(entry, building.definition, command.args);
        const cli = createCli(io, program.opts<GlobalOptions>());
        await building.run(cli, wordsOf(parameters, building.definition), values);
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
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.stdout.columns ?? 100, 120), minWidthToWrap: 20 })
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
  // Counted by refuseExcess, which names the word that is too much.
  command.allowExcessArguments(true);
  for (const argument of definition.arguments) command.argument(argument.syntax, argument.text);
  for (const option of definition.options) {
    const made = makeOption(option);
    const mayRepeat = option.repeat === true || definition.laterFlagsWin === true;
    command.addOption(mayRepeat ? made : onceOnly(made));
  }
  const examples = definition.examples.map(({ line, text }) => `  $ ${line}\n      ${text}`);
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.join('\n')}\n`);
}

function makeOption(definition: OptionDefinition): Option {
  const often = definition.repeat === true ? ' (may be given several times)' : '';
  const option = new Option(definition.flags, `${definition.text}${often}`);
  if (definition.choices !== undefined) option.choices(definition.choices);
  if (definition.repeat === true) {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

/** Of a flag that is given twice one value would be dropped in silence. The global ones may come from an alias: their last word counts. */
function onceOnly(option: Option): Option {
  if (!option.required && !option.optional) return option;
  const parse = option.parseArg;
  return option.argParser((value: string, before: unknown) => {
    if (before === undefined || before === value) return parse === undefined ? value : parse(value, undefined);
    throw new Fault('usage', `${option.long} is given twice, as ${String(before)} and as ${value}; give one`);
  });
}

/** Nothing has a name that begins with a digit: `--wait 90s` would do its work for all others, and then miss the VM `90s`. */
function refuseLooseTime(words: readonly string[], values: Readonly<Record<string, unknown>>): void {
  const time = values['wait'] === '' ? words.find((word) => /^\d+(ms|[smhd])?$/.test(word)) : undefined;
  if (time === undefined) return;
  throw new Fault('usage', `'${time}' would be a name: the time of --wait stands behind '=', --wait=${time}`);
}

function refuseExcess(entry: CommandEntry, definition: CommandDefinition | undefined, words: readonly string[]): void {
  const { arguments: taken = [], options = [] } = definition ?? {};
  const extra = words[taken.length];
  if (extra === undefined || taken.at(-1)?.syntax.includes('...') === true) return;
  const many = taken.length === 0 ? 'none' : `only ${taken.map(({ syntax }) => syntax).join(' ')}`;
  const files = options.some(({ flags }) => flags.startsWith('-f, --filename')) ? '; files are named with -f' : '';
  throw new Fault('usage', `Unexpected argument '${extra}': '${entry.path.join(' ')}' takes ${many}${files}`);
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
