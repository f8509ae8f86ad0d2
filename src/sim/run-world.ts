import type { Scenario } from './scenarios/scenario.ts';
import { SimFailure } from './sim-failure.ts';
import { SimWorld } from './sim-world.ts';
import type { Plants } from './world-options.ts';

/** How one world went. */
export interface Outcome {
  readonly scenario: string;
  readonly seed: number;
  /** Of everything that happened: equal for equal seeds, in any process. */
  readonly traceHash: string;
  readonly steps: number;
  readonly hours: number;
  readonly failure: { readonly checker: string; readonly message: string; readonly atMs: number } | null;
  /** The last lines of the trace, where it failed. */
  readonly tail: readonly string[];
}

export interface RunOptions {
  readonly hours?: number;
  readonly plants?: Plants;
  readonly onLine?: (line: string) => void;
}

const tailLines = 60;

/** Runs one scenario in one world. A failure of a checker, of the scenario or of the product itself is an outcome. */
export async function runWorld(scenario: Scenario, seed: number, options: RunOptions = {}): Promise<Outcome> {
  const { hours = 1, plants, onLine } = options;
  const world = new SimWorld(seed, {
    nodes: scenario.nodes?.(seed) ?? 1,
    ...(scenario.agent === undefined ? {} : { agent: scenario.agent }),
    ...(plants === undefined ? {} : { plants }),
    ...(onLine === undefined ? {} : { onLine }),
  });
  const stray = (error: unknown): void => {
    world.fail(
      'rejection',
      `nobody handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  };
  process.on('unhandledRejection', stray);
  let failure: Outcome['failure'] = null;
  try {
    await scenario.run(world, hours);
  } catch (error) {
    const known = error instanceof SimFailure;
    failure = known
      ? { checker: error.checker, message: error.message, atMs: error.atMs }
      : { checker: 'crash', message: String(error instanceof Error ? error.stack : error), atMs: world.time.elapsedMs };
  } finally {
    process.off('unhandledRejection', stray);
    // Nothing of this world may act while the next one runs.
    world.stop();
  }
  return {
    scenario: scenario.name,
    seed,
    traceHash: world.trace.hash(),
    steps: world.time.steps,
    hours: world.time.elapsedMs / 3_600_000,
    failure,
    tail: failure === null ? [] : world.trace.tail(tailLines),
  };
}

/** The one command that shows a failure again. */
export function replayCommand({ scenario, seed }: Pick<Outcome, 'scenario' | 'seed'>, hours: number): string {
  const named = scenario === 'random' ? '' : ` --scenario ${scenario}`;
  const long = hours === 1 ? '' : ` --hours ${hours}`;
  return `npm run sim -- --seed ${seed}${named}${long} --trace`;
}
