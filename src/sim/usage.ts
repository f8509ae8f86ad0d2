/** The words of the simulator's command line and what they ask for. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plants } from './plants.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { findScenario, scenarios } from './scenarios/scenarios.ts';

export const usageText = `The simulator: worlds of Holdfast in simulated time, with faults, from seeds.

  --seed N | --seeds A..B   one world, or one after the other        --scenario NAME   default: random; 'all' = each once
  --hours H                 simulated hours of a world (default 1)    --trace           print everything that happens
  --list FILE               worlds named in a file, a line each: SCENARIO SEED
  --plant NAME              with a bug planted from outside (for the test of the checkers); stops at the first failure
  --json                    one line of JSON a world, for other programs

Exit code 0: nothing was found; 1: a failure, with the command that replays it; 64: wrong usage.`;

export interface World {
  readonly scenario: Scenario;
  readonly seed: number;
}

export interface Usage {
  readonly worlds: readonly World[];
  readonly hours: number;
  readonly trace: boolean;
  readonly json: boolean;
  readonly plant: string | null;
}

const maxSeeds = 1_000_000;

/** What is asked for, `help`, or what is wrong with the words. */
export function readUsage(args: readonly string[]): Usage | 'help' | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    ...{ seed: text, seeds: text, scenario: text, hours: text, list: text, plant: text },
    ...{ trace: flag, json: flag, help: { ...flag, short: 'h' } },
  };
  const parsed = wordsOf(() => parseArgs({ args: [...args], options, strict: true }));
  if (typeof parsed === 'string') return parsed;
  const { values } = parsed;
  if (values.help) return 'help';
  const hours = Number(values.hours ?? '1');
  if (!(hours > 0)) return '--hours is a number above 0';
  const plant = values.plant ?? null;
  if (plant !== null && !Object.hasOwn(plants, plant))
    return `There is no plant "${plant}"; there are: ${Object.keys(plants).join(', ')}`;
  const worlds = values.list === undefined ? worldsOf(values) : readList(values.list);
  return typeof worlds === 'string' ? worlds : { worlds, hours, trace: values.trace, json: values.json, plant };
}

/** Node's own sentence for a word that it does not know; its last part is advice for programmers. */
function wordsOf<T>(parse: () => T): T | string {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `${error.message.split('. ')[0]}; --help tells what there is`;
  }
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
  const text = wordsOfFile(file);
  if (text === null) return `--list: ${file} cannot be read`;
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [name = '', seed = ''] = line.split(/\s+/);
    const scenario = findScenario(name);
    if (scenario === undefined) return unknownScenario(name);
    if (!/^\d+$/.test(seed)) return `"${line}" does not begin with a scenario and a seed`;
    worlds.push({ scenario, seed: Number(seed) });
  }
  return worlds;
}

function wordsOfFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function seedsOf(one: string | undefined, several: string | undefined): readonly number[] | null {
  const range = several ?? `${one ?? '1'}..${one ?? '1'}`;
  const [from, to] = (/^(\d+)\.\.(\d+)$/.exec(range) ?? []).slice(1).map(Number);
  if (from === undefined || to === undefined || to < from || to - from >= maxSeeds) return null;
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
