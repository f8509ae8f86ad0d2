import type { LogLevel } from '../../adapters/log/pino-log.ts';
import { unknownInstancesPolicies } from '../../agent/agent-config.ts';
import type { OptionDefinition } from '../../cli/command.ts';
import type { OptionValues } from '../../cli/option-values.ts';
import { Fault } from '../../core/kit/fault.ts';
import { namePattern, nameRule } from '../../core/kit/name-pattern.ts';
import { isUuid } from '../../core/kit/uuid.ts';
import type { StrangerPolicy } from '../agent-role.ts';

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export const logOption: OptionDefinition = {
  flags: '--log-level <level>',
  text: 'least level of log lines (HOLDFAST_LOG_LEVEL; info)',
  choices: logLevels,
};

/** What `up` and `agent` say about what runs on the node and is of no assignment, or of another cluster (spec §3). */
export const strangerOptions: readonly OptionDefinition[] = [
  {
    flags: '--unknown-instances <what>',
    text: 'what becomes of VMs that no assignment names; adopt: they are managed again (report)',
    choices: unknownInstancesPolicies,
  },
  {
    flags: '--join-cluster <cluster_id>',
    text: 'let the node leave the cluster it belongs to for this one; its VMs run on as unknown instances',
  },
];

export function strangerPolicyOf(options: OptionValues): StrangerPolicy {
  const named = options.text('unknown-instances');
  return {
    unknownInstances: unknownInstancesPolicies.find((policy) => policy === named) ?? null,
    joinCluster: clusterIdIn(options),
  };
}

/** What has not the form of an id would be joined by no node, and each start would end as if nothing had been said. */
function clusterIdIn(options: OptionValues): string | null {
  const named = options.text('join-cluster') ?? null;
  if (named === null || isUuid(named)) return named;
  const form = "a cluster_id, as the node's refusal names it, looks like 0195a3c0-5e1f-7b3c-8d2e-4f6a7b8c9d10";
  throw new Fault('usage', `Cannot use --join-cluster ${JSON.stringify(named)}: ${form}`);
}

type Env = Readonly<Record<string, string | undefined>>;

/** The flag before the environment before `info`. Faults: `usage`. */
export function logLevelOf(options: OptionValues, env: Env): LogLevel {
  const fromEnv = env['HOLDFAST_LOG_LEVEL'];
  const named = options.text('log-level') ?? (fromEnv === '' ? undefined : fromEnv) ?? 'info';
  const level = logLevels.find((known) => known === named);
  if (level !== undefined) return level;
  const others = logLevels.slice(0, -1).join(', ');
  throw new Fault('usage', `HOLDFAST_LOG_LEVEL is ${others} or ${logLevels.at(-1)}, not '${named}'`);
}

/** A child of `up`: it ends with its supervisor, and Ctrl-C is not meant for it. */
export const isSupervised = (env: Env): boolean => env['HOLDFAST_SUPERVISED'] === '1';

/** The name that `--node` gives; a wrong one is refused here, before anything is started. */
export function nodeNameIn(options: OptionValues, otherwise: string): string {
  const name = options.text('node') ?? otherwise;
  if (namePattern.test(name)) return name;
  throw new Fault('usage', `Cannot use --node ${JSON.stringify(name)}: ${nameRule}`);
}

/** A host name as the name of a node: lower case, without its domain, letters first. */
export function nodeNameOf(hostname: string): string {
  const name = (hostname.split('.')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return name === '' ? 'node-1' : name;
}
