import { listAll } from '../client/list-all.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Cli } from './cli.ts';
import type { OptionDefinition } from './command.ts';
import type { OptionValues } from './option-values.ts';

export const selectorOption: OptionDefinition = {
  flags: '-l, --selector <labels>',
  text: "every VM with these labels: 'app=web,tier!=db'",
};

/** The VMs that a command speaks of: names, or a label selector, never both and never neither. */
export async function selectVms(cli: Cli, words: readonly string[], options: OptionValues): Promise<readonly string[]> {
  const selector = options.text('selector');
  if (selector === undefined) {
    if (words.length === 0) throw new Fault('usage', 'Name at least one VM, or choose by label with -l');
    return [...new Set(words.map(vmName))];
  }
  if (words.length > 0) throw new Fault('usage', 'Name the VMs or choose by label with -l, not both');
  const query = { label_selector: selector, fields: 'name' };
  const { items } = await listAll<{ name: string }>(cli.client(), '/v1/vms', query, cli.io.signal);
  if (items.length === 0) throw new Fault('not_found', `No VM has the labels '${selector}'`);
  return items.map(({ name }) => name);
}

/**
 * What is printed of the VMs that a command speaks of: one document for one that was named, else a list, however many came of it.
 * A script knows by its own words what it reads.
 */
export function asAsked(names: readonly string[], options: OptionValues, documents: readonly unknown[]): unknown {
  return names.length === 1 && !options.has('selector') ? documents[0] : { items: documents };
}

/** `vm/web-1` is what -o name prints, so it is taken back. */
export function vmName(word: string): string {
  return word.replace(/^vms?\//, '');
}

/** The path of a VM; names come from the command line and may hold anything. */
export function vmPath(name: string, verb?: string): string {
  return `/v1/vms/${encodeURIComponent(vmName(name))}${verb === undefined ? '' : `/${verb}`}`;
}
