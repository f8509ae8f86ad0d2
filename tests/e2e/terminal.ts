/** A program in a pseudo-terminal, as a person sees it and types to it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { eventually } from './cluster.ts';

/** The reason to skip, or false. */
export const noTerminal = existsSync('/usr/bin/script') ? false : 'script (bsdutils) is not installed';

/** Installing, building and the demo's boot, all of them on a busy machine. */
export const readyWithinMs = 300_000;

export interface Terminal {
  readonly ended: Promise<number | null>;
  output(): string;
  press(keys: string): void;
  /** Waits until the text stands there; fails at once where the program has ended without it. */
  sees(text: string): Promise<true>;
}

/**
 * Starts a program in a pseudo-terminal of `script`; keys go to its standard input. `exec`, because Ctrl-C reaches every
 * process of the terminal: a shell that waits for the program, as dash does, dies of it afterwards, and its end would be
 * taken for the program's.
 */
export function startOnTerminal(...words: readonly string[]): Terminal {
  const env = { ...process.env, TERM: 'dumb', SHELL: '/bin/sh' };
  const child = spawn('script', ['-qefc', ['exec', ...words].join(' '), '/dev/null'], { env });
  let output = '';
  let isClosed = false;
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then(() => {
    isClosed = true;
  });
  return {
    ended,
    output: () => output,
    press: (keys) => child.stdin.write(keys),
    sees: (text) =>
      eventually(
        `the terminal shows "${text}"`,
        () => {
          if (output.includes(text)) return true;
          if (isClosed) throw new Error(`It ended with ${child.exitCode}:\n${output}`);
          return undefined;
        },
        readyWithinMs,
      ),
  };
}
