/**
 * The simulator's command line.
 *
 *   --seed N | --seeds A..B   one world, or one after the other        --scenario NAME   default: random; `all` = each once
 *   --hours H                 simulated hours of a world (default 1)    --trace           print everything that happens
 *   --json                    one line of JSON a world, for other programs
 *
 * Exit code 0: nothing was found; 1: a failure, with the command that replays it; 64: wrong usage.
 */
import { parseArgs } from 'node:util';
import { poisonGlobals } from './poison.ts';
import { type Outcome, replayCommand, runWorld } from './run-world.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { findScenario, scenarios } from './scenarios/scenarios.ts';

interface Usage {
  readonly seeds: readonly number[];
  readonly scenarios: readonly Scenario[];
  readonly hours: number;
  readonly trace: boolean;
  readonly json: boolean;
}

const maxSeeds = 1_000_000;

function readUsage(args: readonly string[]): Usage | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { seed: text, seeds: text, scenario: text, hours: text, trace: flag, json: flag };
  const { values } = parseArgs({ args: [...args], options, strict: true });
  const seeds = seedsOf(values.seed, values.seeds);
  if (seeds === null) return 'Say --seed N or --seeds A..B with whole numbers';
  const hours = Number(values.hours ?? '1');
  if (!(hours > 0)) return '--hours is a number above 0';
  const named = values.scenario ?? 'random';
  const wanted = named === 'all' ? scenarios : [findScenario(named)].filter((scenario) => scenario !== undefined);
  if (wanted.length === 0) {
    return `There is no scenario "${named}"; there are:\n${scenarios.map(({ name, about }) => `  ${name}: ${about}`).join('\n')}`;
  }
  return { seeds, scenarios: wanted, hours, trace: values.trace, json: values.json };
}

function seedsOf(one: string | undefined, several: string | undefined): readonly number[] | null {
  const range = several ?? `${one ?? '1'}..${one ?? '1'}`;
  const [from, to] = (/^(\d+)\.\.(\d+)$/.exec(range) ?? []).slice(1).map(Number);
  if (from === undefined || to === undefined || to < from || to - from >= maxSeeds) return null;
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function describe(outcome: Outcome, hours: number): string {
  const { scenario, seed, traceHash, steps, failure } = outcome;
  const head = `${scenario} seed ${seed}: trace ${traceHash}, ${steps} steps, ${outcome.hours.toFixed(2)} simulated hours`;
  if (failure === null) return head;
  const at = (failure.atMs / 1000).toFixed(3);
  const tail = outcome.tail.map((line) => `    ${line}`).join('\n');
  return `${tail}\n${head}\nFAILED at ${at} s, ${failure.checker}: ${failure.message}\nReplay: ${replayCommand(outcome, hours)}`;
}

async function main(): Promise<number> {
  const usage = readUsage(process.argv.slice(2));
  if (typeof usage === 'string') {
    process.stderr.write(`${usage}\n`);
    return 64;
  }
  poisonGlobals();
  let failures = 0;
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const scenario of usage.scenarios) {
    for (const seed of usage.seeds) {
      const outcome = await runWorld(scenario, seed, {
        hours: usage.hours,
        ...(usage.trace ? { onLine: print } : {}),
      });
      if (outcome.failure !== null) failures += 1;
      print(usage.json ? JSON.stringify(outcome) : describe(outcome, usage.hours));
    }
  }
  if (!usage.json && failures > 0) print(`${failures} worlds failed`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
