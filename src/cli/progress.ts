/**
 * What goes on while a command waits, on standard error. On a terminal one line that is redrawn; in a pipe a line for
 * each change, so that a log shows the same story.
 */
import type { Cli } from './cli.ts';
import { repeat } from './repeat.ts';
import { clipText, plainText } from './text-width.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const frameMs = 100;
const clearLine = '\r\u001b[2K';

export interface Progress {
  /** What one thing (a VM, a task) does now. */
  update(key: string, text: string): void;
  /** It ended; its last line stays in a pipe, and goes on a terminal, where the result follows. */
  done(key: string): void;
  close(): void;
}

/** That it takes a second longer is worth no line of a log. */
const withoutElapsed = (text: string): string => text.replace(/\(\d+ s of /, '(');

export function startProgress(cli: Cli): Progress {
  const { stderr } = cli.io;
  const current = new Map<string, string>();
  if (cli.quiet || !stderr.isTerminal) {
    return {
      update(key, text) {
        const told = withoutElapsed(text);
        if (cli.quiet || current.get(key) === told) return;
        current.set(key, told);
        stderr.write(`${key}: ${plainText(text)}\n`);
      },
      done: (key) => current.delete(key),
      close: () => {},
    };
  }
  const stopped = new AbortController();
  let frame = 0;
  const draw = (): void => {
    const [first] = current;
    if (first === undefined) return;
    const [key, text] = first;
    const others = current.size > 1 ? ` (and ${current.size - 1} more)` : '';
    const sign = cli.errorView.paint('busy', frames[frame % frames.length] ?? '');
    stderr.write(`${clearLine}${sign} ${clipText(plainText(`${key}: ${text}${others}`), (stderr.columns ?? 80) - 3)}`);
  };
  void repeat(cli, { everyMs: frameMs, signal: stopped.signal }, () => {
    frame += 1;
    draw();
  });
  return {
    update(key, text) {
      current.set(key, text);
      draw();
    },
    done: (key) => {
      current.delete(key);
      stderr.write(clearLine);
    },
    close() {
      stopped.abort();
      stderr.write(clearLine);
    },
  };
}
