import type { OptionDefinition } from '../../cli/command.ts';
import type { OptionValues } from '../../cli/option-values.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Pace } from '../agent-role.ts';

/** More often is nothing but load: what happens is acted on and told at once anyway. */
const paceMinMs = 1_000;
/** More seldom, drift made by hand and metrics would be of another day. */
const paceMaxMs = 3_600_000;

/** What `up` and `agent` say about it (spec S18, §9). */
export const paceOptions: readonly OptionDefinition[] = [
  { flags: '--interval <duration>', text: 'a pass over all instances at least so often (10s)' },
  { flags: '--heartbeat <duration>', text: 'metrics of instances are reported so often (30s)' },
];

/** Fault: `usage`. */
export function paceOf(options: OptionValues): Pace {
  return { passIntervalMs: readPace(options, 'interval'), metricsMs: readPace(options, 'heartbeat') };
}

/** The flags that were given, for an agent that is started with them. */
export function paceArguments(options: OptionValues): readonly string[] {
  return ['interval', 'heartbeat'].flatMap((flag) => {
    const text = options.text(flag);
    return text === undefined ? [] : [`--${flag}`, text];
  });
}

function readPace(options: OptionValues, flag: string): number | null {
  const ms = options.durationMs(flag);
  if (ms === undefined) return null;
  if (ms >= paceMinMs && ms <= paceMaxMs) return ms;
  throw new Fault('usage', `--${flag} is a duration from 1s to 1h, not '${options.text(flag) ?? ''}'`);
}
