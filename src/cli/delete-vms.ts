import { Fault, faultCode } from '../core/kit/fault.ts';
import type { Cli } from './cli.ts';
import type { OptionValues } from './option-values.ts';
import { vmPath } from './select-vms.ts';
import { runTasks } from './verb-command.ts';

/** Deletes a set of VMs; dependents go before what they depend on, so none of them is in the way of another. */
export async function deleteVms(
  cli: Cli,
  names: readonly string[],
  options: OptionValues,
  query: Readonly<Record<string, boolean | undefined>>,
): Promise<void> {
  const going = new Set(names);
  await runTasks(cli, names, options, {
    send: (name) => cli.client().request('DELETE', vmPath(name), { query, signal: cli.io.signal }),
    again: (refusal) => isHeldBy(refusal, going),
    isDone: (refusal) => options.flag('ignore-not-found') && faultCode(refusal) === 'not_found',
  });
}

function isHeldBy(refusal: unknown, going: ReadonlySet<string>): boolean {
  if (!(refusal instanceof Fault) || refusal.code !== 'has_dependents') return false;
  const dependents = refusal.details['dependents'];
  return Array.isArray(dependents) && dependents.some((name) => going.has(String(name)));
}
