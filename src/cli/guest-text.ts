import type { Cli } from './cli.ts';

type State = 'text' | 'escape' | 'sequence' | 'string' | 'string_escape';

const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code <= 0x9f);
const kept = ['\n', '\t'];

/**
 * What a guest printed, made harmless for a terminal: without control characters and escape sequences, which would move the
 * cursor, change the clipboard, or make the terminal type its answer into the shell. Tabs and newlines stay. Takes the text
 * in pieces as they come: a sequence may be cut anywhere.
 */
export function createGuestTextFilter(): (piece: string) => string {
  let state: State = 'text';
  return (piece) => {
    let plain = '';
    for (const char of piece) {
      if (state === 'text' || kept.includes(char)) {
        // A line's end ends every sequence: one that never does must not swallow the rest of the log.
        if (kept.includes(char) || !isControl(char.charCodeAt(0))) plain += char;
        state = kept.includes(char) ? 'text' : begun(char);
      } else {
        state = next(state, char);
      }
    }
    return plain;
  };
}

export interface GuestTextPrinter {
  print(text: string): void;
  /** Nothing more comes: a line that the guest left open, at its prompt say, is closed on a terminal, where ours follows it. */
  end(): void;
}

/** Prints what a guest wrote as text, on a terminal and in a pipe. */
export function createGuestTextPrinter(cli: Pick<Cli, 'io' | 'print'>): GuestTextPrinter {
  const plain = createGuestTextFilter();
  let last = '\n';
  return {
    print(text) {
      const shown = plain(text);
      last = shown.at(-1) ?? last;
      cli.print(shown);
    },
    end() {
      if (last !== '\n' && cli.io.stdout.isTerminal) cli.print('\n');
      last = '\n';
    },
  };
}

/** Where a character of plain text leads: ESC and its one-character forms of C1 begin a sequence. */
function begun(char: string): State {
  if (char === '\u001b') return 'escape';
  if (char === '\u009b') return 'sequence';
  return '\u0090\u0098\u009d\u009e\u009f'.includes(char) ? 'string' : 'text';
}

function next(state: Exclude<State, 'text'>, char: string): State {
  if (char === '\u001b') return state === 'string' ? 'string_escape' : 'escape';
  switch (state) {
    case 'escape':
      if (char === '[') return 'sequence';
      if (']PX^_'.includes(char)) return 'string';
      // Intermediate characters, such as those of a choice of character set, come before the last.
      return char >= ' ' && char <= '/' ? 'escape' : 'text';
    case 'sequence':
      return char >= '@' && char <= '~' ? 'text' : 'sequence';
    case 'string':
      return char === '\u0007' || char === '\u009c' ? 'text' : 'string';
    case 'string_escape':
      return char === '\\' ? 'text' : next('escape', char);
  }
}
