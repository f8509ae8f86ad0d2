/** The simulator's command line; its words are told by `--help`. */
import { plants } from './plants.ts';
import { poisonGlobals } from './poison.ts';
import { type Outcome, replayCommand, runWorld } from './run-world.ts';
import { readUsage, usageText } from './usage.ts';

const stackFrames = 4;

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
  if (usage === 'help') {
    process.stdout.write(`${usageText}\n`);
    return 0;
  }
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
