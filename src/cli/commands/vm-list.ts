import { listAll } from '../../client/list-all.ts';
import type { VmDocument } from '../../client/vm-document.ts';
import { watchList } from '../../client/watch-list.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Cli } from '../cli.ts';
import type { CommandDefinition } from '../command.ts';
import type { OptionValues } from '../option-values.ts';
import { outputFormats } from '../output-formats.ts';
import { printDeclared } from '../print-declared.ts';
import { printDocument } from '../print-document.ts';
import { renderAge } from '../render-age.ts';
import { renderVmList, vmListColumns, vmListRow } from '../render-vm-list.ts';
import { selectorOption } from '../select-vms.ts';
import { createTableStream } from '../table-stream.ts';
import { watchDeps } from '../watch-deps.ts';

export const vmList: CommandDefinition = {
  arguments: [],
  options: [
    selectorOption,
    {
      flags: '--field <name=value>',
      text: 'only with this value: phase=error, node=node-1, desired_phase=stopped, in_sync=false',
      repeat: true,
    },
    { flags: '-w, --watch', text: 'go on with a line for each change' },
  ],
  formats: outputFormats,
  watchFormats: ['table', 'wide', 'json', 'name'],
  examples: [
    { line: 'holdfast vm list', text: 'every VM, and in one line why it is not as it should be' },
    { line: 'holdfast vm list -l app=web -o wide', text: 'with generation, endpoints and uid' },
    { line: 'holdfast vm list --field phase=error -o name', text: 'names only, for a script' },
    { line: 'holdfast vm list -w', text: 'follow all changes' },
  ],
  async run(cli, _words, options) {
    const query = { label_selector: options.text('selector'), ...fieldFilters(options) };
    if (options.flag('watch')) return watchVms(cli, query);
    const { items } = await listAll<VmDocument>(cli.client(), '/v1/vms', query, cli.io.signal);
    if (cli.format === 'yaml') {
      return printDeclared(
        cli,
        items.map(({ name }) => name),
      );
    }
    if (items.length === 0 && (cli.format === 'table' || cli.format === 'wide')) {
      cli.say('No VMs.');
      return 0;
    }
    await printDocument(
      cli,
      { items },
      {
        names: () => items.map(({ name }) => `vm/${name}`),
        table: () => renderVmList(items, { wide: cli.format === 'wide' }, cli.view),
      },
    );
    return 0;
  },
};

/** What `--field` may name; the API's query has more parameters, and `watch` among them would never end. */
const filterNames = ['name', 'phase', 'node', 'desired_phase', 'in_sync'];

/** `--field phase=error` is the query parameter `phase=error`. */
function fieldFilters(options: OptionValues): Readonly<Record<string, string>> {
  const filters: Record<string, string> = {};
  for (const filter of options.list('field')) {
    const at = filter.indexOf('=');
    if (at <= 0) throw new Fault('usage', `--field is NAME=VALUE, not '${filter}'`);
    const name = filter.slice(0, at);
    if (!filterNames.includes(name)) {
      throw new Fault('usage', `--field takes ${filterNames.join(', ')}; not '${name}'`);
    }
    if (filters[name] !== undefined) throw new Fault('usage', `--field ${name} is given twice`);
    filters[name] = filter.slice(at + 1);
  }
  return filters;
}

async function watchVms(cli: Cli, query: Readonly<Record<string, string | undefined>>): Promise<number> {
  const shape = { wide: cli.format === 'wide' };
  const stream = createTableStream(vmListColumns(shape));
  const deps = watchDeps(cli);
  const shown = new Map<string, string>();
  const known = new Map<string, VmDocument>();
  let started = false;
  const print = (kind: string, vm: VmDocument): void => {
    if (kind === 'deleted') known.delete(vm.uid);
    else known.set(vm.uid, vm);
    if (cli.format === 'json') {
      cli.print(`${JSON.stringify({ type: kind, object: vm })}\n`);
      return;
    }
    if (cli.format === 'name') {
      cli.print(`vm/${vm.name}\n`);
      return;
    }
    const { view } = cli;
    const gone = [
      { text: vm.name, tone: 'name' as const },
      { text: 'gone', tone: 'faint' as const },
    ];
    const cells = kind === 'deleted' ? gone : vmListRow(vm, shape, view.now);
    // Not every change of a document changes what its line says; the age alone is no news.
    const said = JSON.stringify(cells.filter((cell) => cell !== renderAge(vm.created_at, view.now)));
    if (shown.get(vm.uid) === said) return;
    shown.set(vm.uid, said);
    cli.print(stream.row(cells, view));
  };
  for await (const news of watchList<VmDocument>(deps, '/v1/vms', query, cli.io.signal)) {
    if (news.kind !== 'listed') {
      print(news.kind, news.object);
      continue;
    }
    // Of a list that is read again: what went meanwhile is in no watch any more.
    const listed = new Set(news.items.map(({ uid }) => uid));
    for (const { kind, name, uid } of [...known.values()].filter((vm) => !listed.has(vm.uid))) {
      print('deleted', { kind, name, uid } as VmDocument);
    }
    if (started || cli.format === 'json' || cli.format === 'name') {
      for (const vm of news.items) print('listed', vm);
    } else {
      const { view } = cli;
      cli.print(
        stream.start(
          news.items.map((vm) => vmListRow(vm, shape, view.now)),
          view,
        ),
      );
      for (const vm of news.items) known.set(vm.uid, vm);
      started = true;
    }
  }
  return 0;
}
