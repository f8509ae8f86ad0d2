import { Fault } from '../core/kit/fault.ts';
import { askYesNo } from './ask-yes-no.ts';
import type { Cli } from './cli.ts';

/**
 * Asks before something that cannot be taken back. Without a terminal nobody can answer, so `--yes` must be there:
 * a script never hangs on a question. Throws unless the answer is yes.
 */
export async function confirm(cli: Cli, question: string): Promise<void> {
  const { stdin, stderr } = cli.io;
  if (!stdin.isTerminal || !stderr.isTerminal) {
    throw new Fault('confirmation_required', `${question} It must be confirmed, and there is no terminal`);
  }
  if (await askOnTerminal(cli, `${question} [y/N] `)) return;
  cli.say('Nothing was done.');
  throw new Fault('interrupted', 'The answer was no');
}

async function askOnTerminal(cli: Cli, question: string): Promise<boolean> {
  const { stdin, stderr, signal } = cli.io;
  const { createInterface } = await import('node:readline');
  // One for all answers: what it has read ahead would be lost with it.
  const lines = createInterface({ input: stdin.stream });
  const next = lines[Symbol.asyncIterator]();
  try {
    return await askYesNo(question, async (prompt) => {
      stderr.write(prompt);
      const line = await Promise.race([next.next(), rejection(signal)]);
      if (line.done !== true) return line.value;
      stderr.write('\n');
      return null;
    });
  } catch (error) {
    // What comes next begins its own line, also after Ctrl-C.
    stderr.write('\n');
    throw error;
  } finally {
    lines.close();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
