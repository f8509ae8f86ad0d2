import { createHash } from 'node:crypto';

/** Lines kept to be shown beside a failure. */
const keptLines = 400;

/** Characters hashed at once: one call a line would cost more than the line. */
const hashEveryChars = 64 * 1024;

/** What happened, in order: hashed whole, so that two runs can be compared, and its end kept for reading. */
export interface Trace {
  line(text: string): void;
  readonly count: number;
  /** The hash of everything so far. */
  hash(): string;
  tail(lines: number): readonly string[];
}

export function createTrace(elapsedMs: () => number, onLine: ((line: string) => void) | null): Trace {
  const hash = createHash('sha256');
  let waiting = '';
  let kept: string[] = [];
  let count = 0;
  return {
    line(text) {
      const line = `${(elapsedMs() / 1000).toFixed(3)} ${text}`;
      count += 1;
      waiting += `${line}\n`;
      if (waiting.length > hashEveryChars) {
        hash.update(waiting);
        waiting = '';
      }
      kept.push(line);
      if (kept.length > 2 * keptLines) kept = kept.slice(-keptLines);
      onLine?.(line);
    },
    get count() {
      return count;
    },
    hash: () => hash.copy().update(waiting).digest('hex').slice(0, 16),
    tail: (lines) => kept.slice(-lines),
  };
}
