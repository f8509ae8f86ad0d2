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
  const [first, second] = words;
  return table.find(
    ({ path, aliases }) =>
      path[0] === first &&
      (path[1] === undefined || path[1] === second || (second !== undefined && aliases?.includes(second) === true)),
  );
}

/** `help vm get` and `vm help get` are `vm get --help`: the parser's own help knows one word, and no definition. */
export function spellHelp(table: readonly CommandEntry[], argv: readonly string[]): readonly string[] {
  const inGroup = table.some(({ path }) => path[0] === argv[0] && path[1] !== undefined);
  const at = inGroup ? 1 : 0;
  if (argv[at] !== 'help') return argv;
  const words = [...argv.slice(0, at), ...argv.slice(at + 1)];
  const known = words.length === 0 || table.some(({ path }) => path[0] === words[0]);
  return known ? [...words, '--help'] : words;
}

/** `--wait` without `=` gets an empty value, or the parser would take the next word for it. */
export function spellOptional(definition: CommandDefinition | undefined, argv: readonly string[]): readonly string[] {
  const optional = (definition?.options ?? [])
    .filter(({ flags }) => flags.includes('['))
    .flatMap(({ flags }) => flags.match(/--[a-z0-9-]+/g) ?? []);
  const end = argv.indexOf('--');
  return argv.map((word, at) => ((end < 0 || at < end) && optional.includes(word) ? `${word}=` : word));
}
