/**
 * The simulator's command line.
 *
 *   --seed N | --seeds A..B   one world, or one after the other        --scenario NAME   default: random; `all` = each once
 *   --hours H                 simulated hours of a world (default 1)    --trace           print everything that happens
 *   --list FILE               worlds named in a file, a line each: SCENARIO SEED
 *   --plant NAME              with a bug planted from outside (for the test of the checkers); stops at the first failure
 *   --json                    one line of JSON a world, for other programs
 *
 * Exit code 0: nothing was found; 1: a failure, with the command that replays it; 64: wrong usage.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plants } from './plants.ts';
import { poisonGlobals } from './poison.ts';
import { type Outcome, replayCommand, runWorld } from './run-world.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { findScenario, scenarios } from './scenarios/scenarios.ts';

interface World {
  readonly scenario: Scenario;
  readonly seed: number;
}

interface Usage {
  readonly worlds: readonly World[];
  readonly hours: number;
  readonly trace: boolean;
  readonly json: boolean;
  readonly plant: string | null;
}

const maxSeeds = 1_000_000;
const stackFrames = 4;

function readUsage(args: readonly string[]): Usage | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    ...{ seed: text, seeds: text, scenario: text, hours: text, list: text, plant: text },
    ...{ trace: flag, json: flag },
  };
  const { values } = parseArgs({ args: [...args], options, strict: true });
  const hours = Number(values.hours ?? '1');
  if (!(hours > 0)) return '--hours is a number above 0';
  const plant = values.plant ?? null;
  if (plant !== null && !Object.hasOwn(plants, plant))
    return `There is no plant "${plant}"; there are: ${Object.keys(plants).join(', ')}`;
  const worlds = values.list === undefined ? worldsOf(values) : readList(values.list);
  return typeof worlds === 'string' ? worlds : { worlds, hours, trace: values.trace, json: values.json, plant };
}

function worldsOf(values: {
  readonly seed?: string | undefined;
  readonly seeds?: string | undefined;
  readonly scenario?: string | undefined;
}): readonly World[] | string {
  const seeds = seedsOf(values.seed, values.seeds);
  if (seeds === null) return 'Say --seed N or --seeds A..B with whole numbers';
  const named = values.scenario ?? 'random';
  const wanted = named === 'all' ? scenarios : [findScenario(named)].filter((scenario) => scenario !== undefined);
  return wanted.length === 0
    ? unknownScenario(named)
    : wanted.flatMap((scenario) => seeds.map((seed) => ({ scenario, seed })));
}

function unknownScenario(name: string): string {
  return `There is no scenario "${name}"; there are:\n${scenarios.map((each) => `  ${each.name}: ${each.about}`).join('\n')}`;
}

function readList(file: string): readonly World[] | string {
  const worlds: World[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [name = '', seed = ''] = line.split(/\s+/);
    const scenario = findScenario(name);
    if (scenario === undefined) return unknownScenario(name);
    if (!/^\d+$/.test(seed)) return `"${line}" does not begin with a scenario and a seed`;
    worlds.push({ scenario, seed: Number(seed) });
  }
  return worlds;
}

function seedsOf(one: string | undefined, several: string | undefined): readonly number[] | null {
  const range = several ?? `${one ?? '1'}..${one ?? '1'}`;
  const [from, to] = (/^(\d+)\.\.(\d+)$/.exec(range) ?? []).slice(1).map(Number);
  if (from === undefined || to === undefined || to < from || to - from >= maxSeeds) return null;
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function describe(outcome: Outcome, hours: number, plant: string | null): string {
  const { scenario, seed, traceHash, steps, failure } = outcome;
  const head = `${scenario} seed ${seed}: trace ${traceHash}, ${steps} steps, ${outcome.hours.toFixed(2)} simulated hours`;
  if (failure === null) return head;
  const at = (failure.atMs / 1000).toFixed(3);
  const tail = outcome.tail.map((line) => `    ${line}`).join('\n');
  const replay = `${replayCommand(outcome, hours)}${plant === null ? '' : ` --plant ${plant}`}`;
  return `${tail}\n${head}\nFAILED at ${at} s, ${failure.checker}: ${failure.message}\nReplay: ${replay}`;
}

async function main(): Promise<number> {
  const usage = readUsage(process.argv.slice(2));
  if (typeof usage === 'string') {
    process.stderr.write(`${usage}\n`);
    return 64;
  }
  const { worlds, hours, trace, json, plant } = usage;
  poisonGlobals();
  // Thousands of faults are made an hour, and hardly one stack is ever read: deep ones cost a twentieth of the time.
  Error.stackTraceLimit = stackFrames;
  let failures = 0;
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const { scenario, seed } of worlds) {
    const outcome = await runWorld(scenario, seed, {
      hours,
      ...(trace ? { onLine: print } : {}),
      ...(plant === null ? {} : { plants: plants[plant]?.plants ?? {} }),
    });
    print(json ? JSON.stringify(outcome) : describe(outcome, hours, plant));
    if (outcome.failure === null) continue;
    failures += 1;
    if (plant !== null) break;
  }
  if (!json && failures > 0) print(`${failures} of ${worlds.length} worlds failed`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
