import type { EventDocument } from '../../client/documents.ts';
import { listAll } from '../../client/list-all.ts';
import { watchList } from '../../client/watch-list.ts';
import type { Cli } from '../cli.ts';
import type { CommandDefinition } from '../command.ts';
import { outputFormats } from '../output-formats.ts';
import { printDocument } from '../print-document.ts';
import { followedEventColumns, followedEventRow, renderEvents } from '../render-events.ts';
import { vmName } from '../select-vms.ts';
import { createTableStream } from '../table-stream.ts';
import { watchDeps } from '../watch-deps.ts';

export const events: CommandDefinition = {
  arguments: [],
  options: [
    { flags: '-w, --watch', text: 'go on with what happens' },
    { flags: '--vm <name>', text: 'only of this VM', completes: 'vm' },
    { flags: '--node <name>', text: 'only of this node', completes: 'node' },
    { flags: '--code <code>', text: 'only with this code' },
    { flags: '--tail <count>', text: 'only so many of the last ones (100 unless said)' },
  ],
  formats: outputFormats,
  watchFormats: ['table', 'wide', 'json', 'name'],
  examples: [
    { line: 'holdfast events -w', text: 'follow' },
    { line: 'holdfast events --vm web-1 --tail 20', text: 'the last of one VM' },
  ],
  async run(cli, _words, options) {
    const vm = options.text('vm');
    const query = {
      vm: vm === undefined ? undefined : vmName(vm),
      node: options.text('node'),
      code: options.text('code'),
    };
    const tail = options.integer('tail', { min: 0, max: 100_000 }) ?? 100;
    if (options.flag('watch')) return watchEvents(cli, query, tail);
    const { items } = await listAll<EventDocument>(cli.client(), '/v1/events', query, cli.io.signal);
    const last = tail === 0 ? [] : items.slice(-tail);
    await printDocument(
      cli,
      { items: last },
      {
        names: () => last.map(({ id }) => `event/${id}`),
        table: () => (last.length === 0 ? '' : renderEvents(last, { wide: cli.format === 'wide' }, cli.view)),
      },
    );
    if (last.length === 0 && (cli.format === 'table' || cli.format === 'wide')) cli.say('No events.');
    return 0;
  },
};

/** As many as a control plane keeps, and some: a list that is read again holds no more. */
const seenMax = 25_000;

async function watchEvents(
  cli: Cli,
  query: Readonly<Record<string, string | undefined>>,
  tail: number,
): Promise<number> {
  const shape = { wide: cli.format === 'wide' };
  const stream = createTableStream(followedEventColumns(shape));
  const deps = watchDeps(cli);
  let started = false;
  let seen = new Set<string>();
  const print = (event: EventDocument): void => {
    seen.add(event.id);
    const [oldest] = seen;
    if (seen.size > seenMax && oldest !== undefined) seen.delete(oldest);
    if (cli.format === 'json') {
      cli.print(`${JSON.stringify(event)}\n`);
      return;
    }
    if (cli.format === 'name') {
      cli.print(`event/${event.id}\n`);
      return;
    }
    cli.print(stream.row(followedEventRow(event, shape), cli.view));
  };
  for await (const news of watchList<EventDocument>(deps, '/v1/events', query, cli.io.signal)) {
    if (news.kind !== 'listed') {
      if (news.kind !== 'deleted') print(news.object);
      continue;
    }
    // Of a list that is read again: what came meanwhile is in no watch any more.
    const unseen = news.items.filter(({ id }) => !seen.has(id));
    const fresh = started ? unseen : tail === 0 ? [] : unseen.slice(-tail);
    if (started || cli.format === 'json' || cli.format === 'name') fresh.forEach(print);
    else {
      const rows = fresh.map((event) => followedEventRow(event, shape));
      cli.print(stream.start(rows, cli.view));
    }
    seen = new Set(news.items.map(({ id }) => id));
    started = true;
  }
  return 0;
}
