import type { Cli } from '../cli.ts';
import type { CommandDefinition, CommandEntry, Completes } from '../command.ts';
import { type Candidate, listCandidates } from '../list-candidates.ts';
import { plainText } from '../text-width.ts';

/** A shell waits for the answer at every key. */
const answerWithinMs = 1_500;
/** More names than this help nobody at a prompt. */
const namesMax = 200;

/** The table is handed in: it holds this very command. */
export function completeFrom(
  table: readonly CommandEntry[],
  globalOptionsOf: Parameters<typeof listCandidates>[0]['globalOptionsOf'],
): CommandDefinition {
  return {
    arguments: [{ syntax: '[word...]', text: 'words up to the cursor' }],
    options: [],
    examples: [{ line: 'holdfast __complete -- vm get we', text: 'as the completion scripts call it' }],
    async run(cli, words) {
      const deps = { table, globalOptionsOf, names: (kind: Completes) => namesFromServer(cli, kind) };
      const found = await listCandidates(deps, words);
      cli.print(found.map(({ value, text }) => (text === '' ? `${value}\n` : `${value}\t${text}\n`)).join(''));
      return 0;
    },
  };
}

const paths: Partial<Record<Completes, string>> = {
  vm: `/v1/vms?limit=${namesMax}&fields=name,status`,
  node: '/v1/nodes',
  task: `/v1/tasks?limit=${namesMax}`,
};

async function namesFromServer(cli: Cli, kind: Completes): Promise<readonly Candidate[]> {
  const path = paths[kind];
  if (path === undefined) return [];
  try {
    const signal = cli.io.clock.timeout(answerWithinMs, cli.io.signal);
    const { body } = await cli.client().request('GET', path, { signal });
    return (body as unknown as { items: readonly NamedItem[] }).items.map(candidateOf);
  } catch {
    // No server, no names: a prompt is no place for an error.
    return [];
  }
}

interface NamedItem {
  readonly id?: string;
  readonly name?: string;
  readonly type?: string;
  readonly status?: { readonly phase?: string; readonly health?: string } | string;
}

function candidateOf({ id, name, type, status }: NamedItem): Candidate {
  const state = typeof status === 'string' ? status : (status?.phase ?? status?.health ?? '');
  return { value: plainText(name ?? id ?? ''), text: [type, state].filter((word) => word !== undefined).join(' ') };
}
