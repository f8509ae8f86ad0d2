/**
 * Runs every test of the project and ends with the line `N passed, N failed, N skipped`.
 *
 *   unit    everything that touches neither processes nor sockets: one process, no isolation, a fraction of a second a file
 *   system  adapters, RPC interop, end to end, images: a process a file, so that one file's children and globals cannot disturb another
 *
 * Arguments: paths to run only the tests below them; `--list` prints the groups. `./test` has refused all other flags.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const unitRooms = ['src/core/', 'src/wire/', 'src/control/', 'src/agent/', 'src/client/', 'src/cli/', 'tests/tidy/'];
/** A test that hangs is a failure, not a stuck run. Those of the simulator wait for each other, and say themselves what they limit. */
const testTimeoutMs = 840_000;
/**
 * Tests that share a process end only when nothing is open any more, and a failed one may leave a server behind: then the
 * group is given up when nothing was heard of it for so long, instead of waiting for ever.
 */
const silenceAfterFailureMs = 120_000;

interface Totals {
  passed: number;
  failed: number;
  skipped: string[];
}

function testFiles(): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
}

async function runGroup(files: readonly string[], isolation: 'none' | 'process', totals: Totals): Promise<void> {
  if (files.length === 0) return;
  const concurrency = isolation === 'process' ? availableParallelism() : undefined;
  const stream = run({
    files: files.map((file) => `${root}${file}`),
    isolation,
    timeout: testTimeoutMs,
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  const failedBefore = totals.failed;
  let heardAt = Date.now();
  const isFile = (name: string) => name.endsWith('.test.ts');
  stream.on('test:fail', (event) => {
    heardAt = Date.now();
    if (event.details.type !== 'suite') totals.failed += 1;
  });
  stream.on('test:pass', (event) => {
    heardAt = Date.now();
    if (isFile(event.name)) return;
    if (event.skip !== undefined && event.skip !== false) {
      // A suite that is skipped never starts its tests: it stands for all of them.
      const reason = event.skip === true ? 'no reason given' : event.skip;
      totals.skipped.push(`${event.name}: ${reason.trim().replaceAll(/\s*\n\s*/g, '; ')}`);
    } else if (event.details.type !== 'suite') totals.passed += 1;
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout, { end: false });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  report.on('end', resolve).on('error', reject);
  // Not counted: the tests of this process end when nothing else is open.
  const watch = setInterval(() => {
    if (isolation === 'process' || totals.failed === failedBefore) return;
    if (Date.now() - heardAt < silenceAfterFailureMs) return;
    console.log('A failed test left something open; the tests after it, if any, were not run');
    resolve();
  }, 1_000).unref();
  await ended.finally(() => clearInterval(watch));
}

const files = testFiles();
const prefixes = process.argv.slice(2).flatMap((word) => (word.startsWith('--') ? [] : [word.replace(/^[.]\//, '')]));
const lost = prefixes.find((prefix) => !files.some((file) => file.startsWith(prefix)));
if (lost !== undefined) {
  console.error(`No test is below '${lost}'`);
  process.exit(2);
}
const wanted = files.filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)));
const unit = wanted.filter((file) => unitRooms.some((room) => file.startsWith(room)));
const system = wanted.filter((file) => !unit.includes(file));

if (process.argv.includes('--list')) {
  console.log(`unit:\n  ${unit.join('\n  ')}\nsystem:\n  ${system.join('\n  ')}`);
  process.exit(0);
}
const totals: Totals = { passed: 0, failed: 0, skipped: [] };
await runGroup(unit, 'none', totals);
await runGroup(system, 'process', totals);
for (const skip of totals.skipped) console.log(`skipped: ${skip}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`);
process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1);
