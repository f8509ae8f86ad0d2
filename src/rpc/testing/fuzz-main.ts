/**
 * Fuzzes for as long as wanted: `node src/rpc/testing/fuzz-main.ts SECONDS [SEED]`. Prints a line a minute; ends with 1
 * at the first failure, which includes memory that grows without bound.
 */
import { fuzzFor, messageSequences, mutatedRecordings } from './fuzz.ts';

/** It settles below 300. */
const MAX_RSS_MIB = 600;

const [seconds = '3600', firstSeed = String(Date.now() & 0x7fff_ffff)] = process.argv.slice(2);
const until = performance.now() + Number(seconds) * 1000;
process.on('unhandledRejection', (reason) => {
  console.error('unhandled rejection', reason);
  process.exit(1);
});
for (let seed = Number(firstSeed); performance.now() < until; seed++) {
  const runs = [];
  for (const property of [messageSequences, mutatedRecordings]) {
    runs.push(await fuzzFor(property, Math.min(30_000, Math.max(1, until - performance.now())), seed));
  }
  const rssMib = Math.round(process.memoryUsage().rss / 1024 / 1024);
  console.log(`seed ${seed}: ${runs.join(' + ')} runs, ${rssMib} MiB`);
  if (rssMib > MAX_RSS_MIB) {
    console.error(`Memory is not bounded: ${rssMib} MiB are in use, ${MAX_RSS_MIB} are the most`);
    process.exit(1);
  }
}
