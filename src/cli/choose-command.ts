import type { CommandDefinition, CommandEntry } from './command.ts';

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
export function spellOptional(definition: CommandDefinition | undefined, argv: readonly string[]): readonly string[] {
  const optional = (definition?.options ?? [])
    .filter(({ flags }) => flags.includes('['))
    .flatMap(({ flags }) => flags.match(/--[a-z0-9-]+/g) ?? []);
  const end = argv.indexOf('--');
  return argv.map((word, at) => ((end < 0 || at < end) && optional.includes(word) ? `${word}=` : word));
}
