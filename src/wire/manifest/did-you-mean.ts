/** Words longer than this are not compared: the cost grows with the product of the lengths. */
const longestWord = 64;

/** Edits (insert, remove, replace, swap of neighbours) between two words. */
export function editDistance(left: string, right: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next: number[] = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1;
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}

/** The known word that was probably meant: near by edits, or begun by what was written (`memory` → `memory_mib`). */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (word.length === 0 || word.length > longestWord) return undefined;
  const snake = word
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(snake, candidate) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.min(snake.length, candidate.length) / 3)),
    )
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  if (near[0] !== undefined) return near[0].candidate;
  const stem = snake.replace(/s$/, '');
  if (stem.length < 3) return undefined;
  return known.filter((candidate) => candidate.startsWith(stem)).sort((a, b) => a.length - b.length)[0];
}
