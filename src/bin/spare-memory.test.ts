import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** Fills the heap, lets go of it, and tells how large the heap was then and how large it is at last. */
const program = `
  import { setTimeout as delay } from 'node:timers/promises';
  import { spareMemoryWhenIdle } from ${JSON.stringify(new URL('./spare-memory.ts', import.meta.url).href)};
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
