import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const spareMemory = JSON.stringify(new URL('./spare-memory.ts', import.meta.url).href);

/** Fills the heap, lets go of it, and tells how large the heap was then and how large it is at last. */
const program = `
  import { setTimeout as delay } from 'node:timers/promises';
  import { spareMemoryWhenIdle } from ${spareMemory};
  using _sparing = spareMemoryWhenIdle();
  let held = Array.from({ length: 400_000 }, (_, n) => ({ n, text: String(n) }));
  const size = () => process.memoryUsage().heapTotal;
  const full = size();
  held = [];
  const deadline = performance.now() + 60_000;
  while (size() > full / 2 && performance.now() < deadline) await delay(100);
  console.log(JSON.stringify({ full, last: size() }));
`;

test('what a burst left behind is given back once the process is idle', async () => {
  // The wait that V8 makes before it looks is shortened: it is no part of what is tested.
  const args = ['--gc-memory-reducer-start-delay-ms=100', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { full, last } = JSON.parse(stdout) as { readonly full: number; readonly last: number };
  assert.ok(last < full / 2, `the heap had ${full} bytes, and has ${last}`);
});

/** Fills the young generation of a thread with what does not die at once, and tells how large it has become. */
const thread = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { parentPort } from 'node:worker_threads';
  let held = [];
  for (let n = 0; n < 3_000_000; n += 1) {
    held.push({ n, text: 'number ' + n });
    if (held.length > 50_000) held = [];
  }
  parentPort.postMessage(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);
`;

const beginThread = `
  import { Worker } from 'node:worker_threads';
  import { spareMemoryWhenIdle } from ${spareMemory};
  using _sparing = spareMemoryWhenIdle();
  const thread = new Worker(${JSON.stringify(thread)}, { eval: true });
  console.log(await new Promise((resolve) => thread.once('message', resolve)));
`;

test('threads do without the large young generation that the main thread is given', async () => {
  const args = ['--max-semi-space-size=16', '--input-type=module', '--eval', beginThread];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.ok(Number(stdout) <= 5 * 2 ** 20, `the thread has ${stdout} bytes`);
});
