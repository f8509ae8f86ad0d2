/**
 * The simulation as a test. Worlds run in processes of their own, two at a time, since they poison their globals; the parent
 * only reads what they say. A failure prints the one command that shows it again; its seed belongs into tests/seeds.txt.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createCheckers } from './checkers/create-checkers.ts';
import { plants } from './plants.ts';
import { type Outcome, replayCommand } from './run-world.ts';
import { scenarios } from './scenarios/scenarios.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const seedsFile = fileURLToPath(new URL('../../tests/seeds.txt', import.meta.url));

/** Processes at once: the cores of the smallest machine this is run on. */
const lanes = 2;
/** A process that takes longer hangs: the longest takes 40 s of a quiet machine. */
const processTimeoutMs = 600_000;
/** A test waits until others have left a lane to it, which nothing limits: what is limited is each process, from its start on. */
const waitingMs = 2 ** 31 - 1;

const randomSeeds = 300;
const seedsPerProcess = 50;
/** Seeds each named scenario is run with: clocks, delays and chance differ. */
const scenarioSeeds = 4;
/** A planted bug must be found within so many seeds. */
const plantSeeds = 20;

/** Calls by which a history would differ from one run to the next. */
const leaks = [
  ...['Date.now()', 'new Date()', 'Date()', 'performance.now()', 'process.hrtime()', 'process.hrtime.bigint()'],
  ...['setTimeout(() => {}, 1)', 'setInterval(() => {}, 1)', 'setImmediate(() => {})', 'AbortSignal.timeout(1)'],
  ...['Math.random()', 'crypto.randomUUID()', 'crypto.getRandomValues(new Uint8Array(1))', 'crypto.subtle.digest'],
  "fetch('http://127.0.0.1')",
];

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let free = lanes;
const queue: (() => void)[] = [];

/** Runs a program of the simulator when a lane is free. */
async function run(...args: readonly string[]): Promise<Said> {
  if (free === 0) await new Promise<void>((resolve) => queue.push(resolve));
  else free -= 1;
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64'];
  return await new Promise((resolve) => {
    const options = { timeout: processTimeoutMs, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [...flags, ...args], options, (error, stdout, stderr) => {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

async function simulate(...args: readonly string[]): Promise<readonly Outcome[]> {
  const { code, stdout, stderr } = await run(main, '--json', ...args);
  assert.ok(code === 0 || code === 1, `the simulator ended with ${code}: ${stderr.slice(-2_000)}`);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Outcome]));
}

function assertNothingFound(outcomes: readonly Outcome[]): void {
  const found = outcomes.flatMap(({ failure, tail, ...outcome }) =>
    failure === null
      ? []
      : [`${tail.slice(-15).join('\n')}\n${failure.checker}: ${failure.message}\nReplay: ${replayCommand(outcome, 1)}`],
  );
  assert.equal(
    found.length,
    0,
    `${found.length} of ${outcomes.length} worlds failed\n${found.slice(0, 3).join('\n\n')}`,
  );
}

const inLanes = (title: string, body: () => Promise<void>): Promise<void> => it(title, { timeout: waitingMs }, body);

describe('simulation', { concurrency: true }, () => {
  const shards = Array.from({ length: randomSeeds / seedsPerProcess }, (_, at) => at * seedsPerProcess + 1);
  for (const from of shards) {
    const range = `${from}..${from + seedsPerProcess - 1}`;
    inLanes(`seeds ${range}: users and faults by chance, one simulated hour each`, async () => {
      const outcomes = await simulate('--seeds', range);
      assertNothingFound(outcomes);
      assert.equal(outcomes.length, seedsPerProcess);
      for (const { hours, steps } of outcomes) assert.ok(hours >= 1 && steps > 300, 'a world lived');
    });
  }

  inLanes('every named scenario holds, whatever the clocks and delays', async () => {
    const named = scenarios.filter(({ name }) => name !== 'random');
    const runs = named.map(({ name }) => simulate('--scenario', name, '--seeds', `1..${scenarioSeeds}`));
    assertNothingFound((await Promise.all(runs)).flat());
  });

  inLanes('every world in which something was found once is sound now', async () => {
    const outcomes = await simulate('--list', seedsFile);
    assert.ok(outcomes.length > 0);
    assertNothingFound(outcomes);
  });

  inLanes('the same seed makes the same history in another process, another seed another one', async () => {
    const [first, second] = await Promise.all([simulate('--seeds', '3..4'), simulate('--seeds', '3..4')]);
    const hashes = first.map(({ traceHash }) => traceHash);
    assert.deepEqual(
      second.map(({ traceHash }) => traceHash),
      hashes,
    );
    assert.notEqual(hashes[0], hashes[1]);
  });

  for (const [name, { foundBy, scenario = 'random' }] of Object.entries(plants)) {
    inLanes(`the planted bug "${name}" is found within ${plantSeeds} seeds, by a checker that says so`, async () => {
      const outcomes = await simulate('--plant', name, '--scenario', scenario, '--seeds', `1..${plantSeeds}`);
      const failure = outcomes.at(-1)?.failure;
      assert.ok(failure, `not found in ${outcomes.length} worlds`);
      assert.ok(foundBy.includes(failure.checker), `found by ${failure.checker}: ${failure.message}`);
    });
  }

  it('every checker is shown to be able to fail by a planted bug', () => {
    const shown = new Set(Object.values(plants).map(({ foundBy }) => foundBy[0]));
    assert.deepEqual(
      createCheckers().checkers.flatMap(({ name }) => (shown.has(name) ? [] : [name])),
      [],
    );
  });

  inLanes('a failure prints the command that shows it again', async () => {
    const { code, stdout } = await run(main, '--plant', 'double-start', '--seeds', `1..${plantSeeds}`);
    assert.equal(code, 1);
    assert.match(stdout, /^FAILED at [0-9.]+ s, one-execution: .*$/m);
    assert.match(stdout, /^Replay: npm run sim -- --seed \d+ --trace --plant double-start$/m);
  });

  inLanes('whoever reaches for real time or chance in a simulation fails', async () => {
    const poison = new URL('./poison.ts', import.meta.url).href;
    const script = `
      import { poisonGlobals } from '${poison}';
      poisonGlobals();
      new Date(0);
      for (const call of ${JSON.stringify(leaks)}) {
        try { eval(call); console.log(call, 'went through'); }
        catch (error) { if (!/time and chance come in as ports/.test(error.message)) console.log(call, error.message); }
      }`;
    const { code, stdout } = await run('--input-type=module', '--eval', script);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
  });
});
