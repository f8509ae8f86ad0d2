import type { CommandDefinition, CommandEntry } from './command.ts';

/** Global flags whose value is the next word; short ones may stand together (`-qo json`). */
const takesNextWord = /^(--server|--token|--output|-q*o)$/;
/** Global flags that hold their value, or have none. */
const standsAlone = /^(-q+|--quiet|--no-color|-q*o.+|-.*=.*)$/s;

/** Where the first two words stand; global flags may stand before and between them. */
function placesOfWords(argv: readonly string[]): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < argv.length && places.length < 2; at += 1) {
    const word = argv[at] ?? '';
    if (takesNextWord.test(word)) at += 1;
    else if (word === '--') break;
    else if (!word.startsWith('-')) places.push(at);
    // A command's own flag: its value would be taken for a word.
    else if (places.length > 0 && !standsAlone.test(word)) break;
  }
  return places;
}

/** The first two words. */
export const wordsOf = (argv: readonly string[]): readonly (string | undefined)[] =>
  placesOfWords(argv).map((at) => argv[at]);

/** The entry whose words come first on the command line. */
export function chooseCommand(table: readonly CommandEntry[], argv: readonly string[]): CommandEntry | undefined {
  const [first, second] = wordsOf(argv);
  return table.find(
    ({ path, aliases }) =>
      path[0] === first &&
      (path[1] === undefined || path[1] === second || (second !== undefined && aliases?.includes(second) === true)),
  );
}

/** `help vm get` and `vm help get` are `vm get --help`: the parser's own help knows one word, and no definition. */
export function spellHelp(table: readonly CommandEntry[], argv: readonly string[]): readonly string[] {
  const [first, second] = placesOfWords(argv);
  const at = isGroup(table, first === undefined ? undefined : argv[first]) ? second : first;
  const asksForHelp = at !== undefined && argv[at] === 'help';
  return withoutHelpOfNothing(table, asksForHelp ? [...argv.toSpliced(at, 1), '--help'] : argv);
}

/** Of a command that there is not there is no help: without the flag the parser says so. */
function withoutHelpOfNothing(table: readonly CommandEntry[], argv: readonly string[]): readonly string[] {
  const [first, second] = wordsOf(argv);
  const command = isGroup(table, first) ? second : first;
  const isThere = command === undefined || chooseCommand(table, argv) !== undefined;
  return isThere ? argv : argv.filter((word) => word !== '--help' && word !== '-h');
}

const isGroup = (table: readonly CommandEntry[], word: string | undefined): boolean =>
  table.some(({ path }) => path[0] === word && path[1] !== undefined);

/** Whose help speaks of this command line: the command's, else the group's, whose help lists what its second word may be. */
export function placeOf(table: readonly CommandEntry[], argv: readonly string[]): readonly string[] {
  const [first] = wordsOf(argv);
  const path = chooseCommand(table, argv)?.path;
  return path ?? (first !== undefined && table.some((entry) => entry.path[0] === first) ? [first] : []);
}

/** `--wait` without `=` gets an empty value, or the parser would take the next word for it. */
export function spellOptional(definition: CommandDefinition | undefined, argv: readonly string[]): readonly string[] {
  const spelt = new Map<string, string>();
  for (const { flags } of definition?.options ?? []) {
    const names = flags.includes('[') ? (flags.match(/--?[a-z0-9-]+/g) ?? []) : [];
    for (const name of names) spelt.set(name, `${names.at(-1)}=`);
  }
  const end = argv.indexOf('--');
  return argv.map((word, at) => ((end < 0 || at < end) && spelt.get(word)) || word);
}
