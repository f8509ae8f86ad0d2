/** What `apply`, `diff` and `plan` have in common: manifests in, one request, a result for each document. */
import { Fault } from '../core/kit/fault.ts';
import type { JsonObject } from '../core/kit/json.ts';
import type { Cli } from './cli.ts';
import type { OptionDefinition } from './command.ts';
import { consentOptions, consentQuery } from './commands/vm-set.ts';
import type { OptionValues } from './option-values.ts';
import { readManifests, valuesOf } from './read-manifests.ts';

export const filenameOption: OptionDefinition = {
  flags: '-f, --filename <path>',
  text: 'file, directory of *.yaml and *.json, or - for standard input',
  repeat: true,
  completes: 'file',
};

const pruneOptions: readonly OptionDefinition[] = [
  { flags: '--prune', text: 'delete VMs with the --owner label that the manifests no longer declare' },
  { flags: '--owner <key=value>', text: 'label that marks what these manifests own (owner=shop); needed by --prune' },
  { flags: '--prune-limit <count>', text: 'refuse when more would be deleted (10 unless said)' },
];

export const applyOptions: readonly OptionDefinition[] = [filenameOption, ...consentOptions, ...pruneOptions];

/** Deletions that --prune does without a word; a wrong directory must not cost a fleet. */
const pruneLimitDefault = 10;
/** As many as one transaction may hold. */
const pruneLimitMax = 1_000;

/** Sends the manifests of `-f`; offences come back with file and line. */
export async function sendManifests(cli: Cli, path: string, options: OptionValues): Promise<JsonObject> {
  const prune = pruneQuery(options);
  const manifests = await readManifests(cli.io.stdin, options.list('filename'));
  const headers: Record<string, string> = path === '/v1/apply' ? { 'idempotency-key': cli.io.uuid() } : {};
  try {
    const { body } = await cli.client().request('POST', path, {
      query: { ...consentQuery(options), ...prune },
      body: valuesOf(manifests),
      headers,
      signal: cli.io.signal,
    });
    return body as JsonObject;
  } catch (error) {
    throw manifests.place(error);
  }
}

function pruneQuery(options: OptionValues): Readonly<Record<string, string | number>> {
  const owner = options.text('owner');
  if (!options.flag('prune')) {
    if (owner !== undefined || options.has('prune-limit')) {
      throw new Fault('usage', '--owner and --prune-limit belong to --prune');
    }
    return {};
  }
  // Without a label of its own, a directory would own every VM of the cluster.
  if (owner === undefined || !/^[^=!,]+=[^=!,]+$/.test(owner)) {
    throw new Fault('usage', '--prune needs --owner KEY=VALUE: only what bears that label is deleted');
  }
  const limit = options.integer('prune-limit', { min: 0, max: pruneLimitMax }) ?? pruneLimitDefault;
  return { prune: owner, prune_limit: limit };
}
