import { listAll } from '../client/list-all.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Cli } from './cli.ts';
import type { OptionDefinition } from './command.ts';
import type { OptionValues } from './option-values.ts';
import { readError, renderError, renderErrorJson } from './render-error.ts';

export const selectorOption: OptionDefinition = {
  flags: '-l, --selector <labels>',
  text: "every VM with these labels: 'app=web,tier!=db'",
};

/** Requests of one bulk verb in flight at a time: a control plane serves others too. */
const inFlightMax = 8;

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

/** `vm/web-1` is what -o name prints, so it is taken back. */
export function vmName(word: string): string {
  return word.replace(/^vms?\//, '');
}

/** The path of a VM; names come from the command line and may hold anything. */
export function vmPath(name: string, verb?: string): string {
  return `/v1/vms/${encodeURIComponent(vmName(name))}${verb === undefined ? '' : `/${verb}`}`;
}

/**
 * Does one thing for each VM, some at a time. One that fails does not keep the others from it: its error is printed, and
 * the exit code is that of the first. A single VM throws as if there were no loop.
 */
export async function forEachVm(
  cli: Cli,
  names: readonly string[],
  act: (name: string) => Promise<void>,
): Promise<void> {
  const [only] = names;
  if (only !== undefined && names.length === 1) return act(only);
  const errors: unknown[] = [];
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      try {
        await act(name);
      } catch (error) {
        cli.io.signal.throwIfAborted();
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlightMax, names.length) }, work));
  const [first, ...rest] = errors;
  for (const error of rest.map(readError)) {
    cli.io.stderr.write(cli.format === 'json' ? renderErrorJson(error) : renderError(error, cli.errorView));
  }
  if (first !== undefined) throw first;
}
