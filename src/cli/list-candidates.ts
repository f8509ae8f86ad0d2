/** What may stand at the cursor: commands, flags, values of flags, names that the server knows. */
import { chooseCommand, wordsOf } from './choose-command.ts';
import type { CommandDefinition, CommandEntry, Completes, OptionDefinition } from './command.ts';

export interface Candidate {
  readonly value: string;
  readonly text: string;
}

export interface Completing {
  readonly table: readonly CommandEntry[];
  /** Those that stand beside this command; those of all where none is chosen yet. */
  readonly globalOptionsOf: (definition: CommandDefinition | undefined) => readonly OptionDefinition[];
  /** Asks the server; empty where it does not answer. */
  names(kind: Completes): Promise<readonly Candidate[]>;
}

/** Said instead of candidates where the shell completes paths itself. */
const filesMark: Candidate = { value: ':files', text: '' };

/** `words` are those after the program, the last one being typed. */
export async function listCandidates(deps: Completing, words: readonly string[]): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const entry = chooseCommand(deps.table, before);
  const definition = entry === undefined ? undefined : await entry.load();
  const options = [...(definition?.options ?? []), ...deps.globalOptionsOf(definition)];
  const found = await candidatesAt(deps, { typed, before, entry, definition, options });
  const fitting = found.filter(({ value }) => value === filesMark.value || value.startsWith(typed));
  return fitting.toSorted((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
}

interface Cursor {
  readonly typed: string;
  readonly before: readonly string[];
  readonly entry: CommandEntry | undefined;
  readonly definition: CommandDefinition | undefined;
  readonly options: readonly OptionDefinition[];
}

async function candidatesAt(deps: Completing, cursor: Cursor): Promise<readonly Candidate[]> {
  const { typed, before, entry, definition, options } = cursor;
  const assigned = /^(--[a-z0-9-]+)=/.exec(typed)?.[1];
  const flag = options.find(({ flags }) => flagWords(flags).includes(assigned ?? before.at(-1) ?? ''));
  if (flag !== undefined && (assigned !== undefined || takesWord(flag))) {
    const values = await valuesOf(deps, flag);
    return assigned === undefined ? values : values.map(({ value, text }) => ({ value: `${assigned}=${value}`, text }));
  }
  if (typed.startsWith('-')) return options.flatMap(flagCandidates);
  if (entry === undefined) return commandCandidates(deps.table, before);
  if (definition === undefined) return [];
  const given = positional(before, options).slice(entry.path.length);
  const argument = definition.arguments[Math.min(given.length, definition.arguments.length - 1)];
  if (argument === undefined) return [];
  if (given.length >= definition.arguments.length && !argument.syntax.includes('...')) return [];
  if (argument.completes === undefined) return [];
  // What was named is not named again.
  return (await namesOf(deps, argument.completes)).filter(({ value }) => !given.includes(value));
}

const flagWords = (flags: string): readonly string[] => flags.match(/-{1,2}[a-zA-Z][a-z0-9-]*/g) ?? [];
/** `<value>` is the next word; `[value]` only stands after `=`. */
const takesWord = ({ flags }: OptionDefinition): boolean => flags.includes('<');

function flagCandidates({ flags, text }: OptionDefinition): readonly Candidate[] {
  return flagWords(flags)
    .filter((word) => word.startsWith('--'))
    .map((value) => ({ value, text }));
}

async function valuesOf(deps: Completing, option: OptionDefinition): Promise<readonly Candidate[]> {
  const known = option.choices ?? option.offers;
  if (known !== undefined) return known.map((value) => ({ value, text: '' }));
  return option.completes === undefined ? [] : await namesOf(deps, option.completes);
}

async function namesOf(deps: Completing, kind: Completes): Promise<readonly Candidate[]> {
  return kind === 'file' || kind === 'directory' ? [filesMark] : await deps.names(kind);
}

/** The words that are no flags and no values of flags. */
function positional(words: readonly string[], options: readonly OptionDefinition[]): readonly string[] {
  return words.filter((word, at) => {
    if (word.startsWith('-')) return false;
    const flag = options.find(({ flags }) => flagWords(flags).includes(words[at - 1] ?? ''));
    return flag === undefined || !takesWord(flag);
  });
}

function commandCandidates(table: readonly CommandEntry[], before: readonly string[]): readonly Candidate[] {
  const [group] = wordsOf(before);
  const shown = table.filter(({ hidden }) => hidden !== true);
  if (group !== undefined) {
    return shown
      .filter(({ path }) => path[0] === group && path[1] !== undefined)
      .map(({ path, summary }) => ({ value: path[1] ?? '', text: summary }));
  }
  const first = new Map(shown.map(({ path, summary }) => [path[0] ?? '', path[1] === undefined ? summary : '']));
  return [...first].map(([value, text]) => ({ value, text }));
}
