import { Fault } from '../core/kit/fault.ts';
import type { Cli } from './cli.ts';

/**
 * Asks before something that cannot be taken back. Without a terminal nobody can answer, so `--yes` must be there:
 * a script never hangs on a question. Throws unless the answer is yes.
 */
export async function confirm(cli: Cli, question: string): Promise<void> {
  const { stdin, stderr, signal } = cli.io;
  if (!stdin.isTerminal || !stderr.isTerminal) {
    throw new Fault('confirmation_required', `${question} It must be confirmed, and there is no terminal`);
  }
  stderr.write(`${question} [y/N] `);
  const answer = await readLine(stdin.stream, signal);
  if (/^y(es)?$/i.test(answer.trim())) return;
  cli.say('Nothing was done.');
  throw new Fault('interrupted', 'The answer was no');
}

async function readLine(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: stream });
  try {
    return await new Promise((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    lines.close();
  }
}
