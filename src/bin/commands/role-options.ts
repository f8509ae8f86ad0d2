import type { LogLevel } from '../../adapters/log/pino-log.ts';
import type { OptionDefinition } from '../../cli/command.ts';
import type { OptionValues } from '../../cli/option-values.ts';

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export const logOption: OptionDefinition = {
  flags: '--log-level <level>',
  text: 'least level of log lines (HOLDFAST_LOG_LEVEL; info)',
  choices: logLevels,
};

type Env = Readonly<Record<string, string | undefined>>;

export function logLevelOf(options: OptionValues, env: Env): LogLevel {
  const named = options.text('log-level') ?? env['HOLDFAST_LOG_LEVEL'];
  return logLevels.find((level) => level === named) ?? 'info';
}

/** A child of `up`: it ends with its supervisor, and Ctrl-C is not meant for it. */
export const isSupervised = (env: Env): boolean => env['HOLDFAST_SUPERVISED'] === '1';

/** A host name as the name of a node: lower case, without its domain, letters first. */
export function nodeNameOf(hostname: string): string {
  const name = (hostname.split('.')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63);
  return name === '' ? 'node-1' : name;
}
