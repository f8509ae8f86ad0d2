/** What `up` and `server` say about the capacity of nodes: how much is promised, what is kept back (spec §8). */
import type { OptionDefinition } from '../../cli/command.ts';
import type { OptionValues } from '../../cli/option-values.ts';
import { Fault } from '../../core/kit/fault.ts';
import { type CapacityLimits, defaultCapacityLimits as defaults } from '../../core/placement/resources.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface Setting {
  readonly flag: string;
  readonly value: string;
  readonly env: string;
  readonly text: string;
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const ratio = { value: 'ratio', min: 0.1, max: 1000, whole: false } as const;
const amount = { min: 0, whole: true } as const;

const settings = {
  cpuOvercommit: {
    ...ratio,
    ...{ flag: 'cpu-overcommit', env: 'HOLDFAST_CPU_OVERCOMMIT', fallback: defaults.cpuOvercommit },
    text: 'guest cores promised for each core of a node',
  },
  memoryOvercommit: {
    ...ratio,
    ...{ flag: 'memory-overcommit', env: 'HOLDFAST_MEMORY_OVERCOMMIT', fallback: defaults.memoryOvercommit },
    text: 'guest memory promised for each MiB of a node',
  },
  reserveCpuCores: {
    ...{ ...amount, flag: 'reserve-cpu-cores', value: 'cores', max: 4096 },
    ...{ env: 'HOLDFAST_RESERVE_CPU_CORES', fallback: defaults.hostReserve.cpuCores },
    text: 'cores that each node keeps for itself',
  },
  reserveMemoryMib: {
    ...{ ...amount, flag: 'reserve-memory-mib', value: 'mib', max: 4_194_304 },
    ...{ env: 'HOLDFAST_RESERVE_MEMORY_MIB', fallback: defaults.hostReserve.memoryMib },
    text: 'memory that each node keeps for itself',
  },
  vmOverheadMib: {
    ...{ ...amount, flag: 'vm-overhead-mib', value: 'mib', max: 65_536 },
    ...{ env: 'HOLDFAST_VM_OVERHEAD_MIB', fallback: defaults.vmOverhead.memoryMib },
    text: 'memory counted for each hypervisor beside its guest',
  },
} as const satisfies Record<string, Setting>;

export const capacityOptions: readonly OptionDefinition[] = Object.values<Setting>(settings).map(
  ({ flag, value, text, env, fallback }) => ({ flags: `--${flag} <${value}>`, text: `${text} (${env}; ${fallback})` }),
);

/** Flags before environment before defaults. Faults: `usage`. */
export function capacityLimitsOf(options: OptionValues, env: Env): CapacityLimits {
  const read = (setting: Setting): number => readSetting(setting, options, env);
  return {
    cpuOvercommit: read(settings.cpuOvercommit),
    memoryOvercommit: read(settings.memoryOvercommit),
    hostReserve: { cpuCores: read(settings.reserveCpuCores), memoryMib: read(settings.reserveMemoryMib) },
    vmOverhead: { ...defaults.vmOverhead, memoryMib: read(settings.vmOverheadMib) },
  };
}

/** The flags that were given, for a server that is started with them; it inherits the environment. */
export function capacityArguments(options: OptionValues): readonly string[] {
  return Object.values<Setting>(settings).flatMap(({ flag }) => {
    const text = options.text(flag);
    return text === undefined ? [] : [`--${flag}`, text];
  });
}

function readSetting({ flag, env: variable, fallback, min, max, whole }: Setting, options: OptionValues, env: Env) {
  const given = options.text(flag);
  const fromEnv = env[variable];
  const text = given ?? (fromEnv === '' ? undefined : fromEnv);
  if (text === undefined) return fallback;
  const value = (whole ? /^\d{1,9}$/ : /^\d{1,9}([.]\d{1,6})?$/).test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const what = whole ? 'a whole number' : 'a number';
  throw new Fault('usage', `${given === undefined ? variable : `--${flag}`} is ${what} ${min}..${max}, not '${text}'`);
}
