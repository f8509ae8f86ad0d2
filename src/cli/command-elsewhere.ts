import { placeOf, wordsOf } from './choose-command.ts';
import type { CommandEntry } from './command.ts';

/**
 * Commands of that very name in another place, for a word that is none where it stands: `start web-1` and `get vm web-1` are
 * `vm start` and `vm get` here, `vm apply` is `apply`. A kind that stands behind the verb chooses among them.
 */
export function commandElsewhere(table: readonly CommandEntry[], argv: readonly string[]): readonly string[] {
  const words = wordsOf(argv);
  const word = words[placeOf(table, argv).length];
  if (word === undefined) return [];
  const kind = words[1]?.replace(/s$/, '');
  const named = table.filter(
    ({ path, aliases, hidden }) => hidden !== true && (path.at(-1) === word || aliases?.includes(word) === true),
  );
  const ofKind = named.filter(({ path }) => path.length > 1 && path[0] === kind);
  return (ofKind.length > 0 ? ofKind : named).map(({ path }) => path.join(' '));
}
