import type { VmDocument } from '../../client/vm-document.ts';
import { watchList } from '../../client/watch-list.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Cli } from '../cli.ts';
import type { CommandDefinition } from '../command.ts';
import { printDeclared } from '../print-declared.ts';
import { printDocument } from '../print-document.ts';
import { renderVmGet } from '../render-vm-get.ts';
import { repeat } from '../repeat.ts';
import { vmName, vmPath } from '../select-vms.ts';
import { throwFirst, tryEach } from '../try-each.ts';
import { watchDeps } from '../watch-deps.ts';

export const vmGet: CommandDefinition = {
  arguments: [{ syntax: '<name...>', text: 'name of the VM, or uid:UID', completes: 'vm' }],
  options: [{ flags: '-w, --watch', text: 'print it again whenever it changes' }],
  details:
    "Desired and observed state stand side by side; '≠' marks what differs, and why. With -o yaml it prints the fields " +
    'that were set, fit for apply; with -o json everything, defaults resolved.',
  examples: [
    { line: 'holdfast vm get web-1', text: 'both views, side by side' },
    { line: 'holdfast vm get web-1 -o yaml > web-1.yaml', text: 'the manifest, to be applied again' },
    { line: 'holdfast vm get web-1 -w', text: 'follow a change' },
  ],
  watchFormats: ['table', 'json', 'name'],
  async run(cli, words, options) {
    const names = words.map(vmName);
    const [first = '', ...others] = names;
    if (options.flag('watch')) {
      if (others.length > 0) throw new Fault('usage', "-w follows one VM; 'holdfast vm list -w' follows all");
      return watchOne(cli, first);
    }
    if (cli.format === 'yaml') return printDeclared(cli, names);
    const found = new Map<string, VmDocument>();
    const errors = await tryEach(cli, names, async (name) => {
      found.set(name, await readVm(cli, name));
    });
    const vms = names.flatMap((name) => found.get(name) ?? []);
    if (vms.length > 0) {
      await printDocument(cli, names.length === 1 ? vms[0] : { items: vms }, {
        names: () => vms.map(({ name }) => `vm/${name}`),
        table: () => vms.map((vm) => renderVmGet(vm, cli.view)).join('\n'),
      });
    }
    throwFirst(cli, errors);
    return 0;
  },
};

async function readVm(cli: Cli, name: string): Promise<VmDocument> {
  const { body } = await cli.client().request('GET', vmPath(name), { signal: cli.io.signal });
  return body as unknown as VmDocument;
}

/** Home, and nothing below: the page takes the place of the last one. */
const clearScreen = '\u001b[H\u001b[2J';
/** Ages and spans on the page are true for so long. */
const pageMs = 1_000;

async function watchOne(cli: Cli, name: string): Promise<number> {
  // A name that does not exist is said at once, not waited for.
  let latest = await readVm(cli, name);
  const isPage = cli.io.stdout.isTerminal && cli.format !== 'json' && cli.format !== 'name';
  const show = (): void => {
    if (cli.format === 'json') cli.print(`${JSON.stringify(latest)}\n`);
    else if (cli.format === 'name') cli.print(`vm/${latest.name}\n`);
    else cli.print(isPage ? `${clearScreen}${renderVmGet(latest, cli.view)}` : `${renderVmGet(latest, cli.view)}\n`);
  };
  const over = new AbortController();
  if (isPage) void repeat(cli, { everyMs: pageMs, signal: AbortSignal.any([over.signal, cli.io.signal]) }, show);
  try {
    const deps = watchDeps(cli, true);
    for await (const news of watchList<VmDocument>(deps, '/v1/vms', { name: latest.name }, cli.io.signal)) {
      if (news.kind === 'deleted') {
        cli.say(`VM "${latest.name}" is gone`);
        return 0;
      }
      const current = news.kind === 'listed' ? news.items.find((vm) => vm.name === latest.name) : news.object;
      if (current === undefined) continue;
      latest = current;
      show();
    }
    return 0;
  } finally {
    over.abort();
  }
}
