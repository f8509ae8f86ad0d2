import { createInterface } from 'node:readline/promises';
import { askYesNo } from '../../cli/ask-yes-no.ts';

export interface Asked {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Where the signals to this process arrive. */
  readonly signals: NodeJS.EventEmitter;
}

/** Asks a person. Ctrl-C, the end of the input, or being told to end while nobody has answered, is no. */
export async function askOnTerminal({ input, output, signals }: Asked, question: string): Promise<boolean> {
  const lines = createInterface({ input, output });
  const told = new AbortController();
  const end = (): void => told.abort();
  signals.once('SIGTERM', end);
  lines.once('close', end);
  try {
    return await askYesNo(question, (prompt) => lines.question(prompt, { signal: told.signal }));
  } catch {
    // What is said next begins its own line.
    output.write('\n');
    return false;
  } finally {
    signals.off('SIGTERM', end);
    lines.close();
  }
}
