/** `./test` as it is called by hand: what it does not know it refuses, before it installs or runs anything. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../e2e/cluster.ts';

function runTest(...words: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  // Inside a test the runner would take itself for a child of this one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(join(root, 'test'), words, { encoding: 'utf8', env, timeout: 60_000 });
  return { code: status, stdout, stderr };
}

test('./test --help says what it takes, and runs nothing', () => {
  for (const word of ['--help', '-h']) {
    const { code, stdout } = runTest('tests/nowhere', word);
    assert.equal(code, 0);
    assert.match(stdout, /^usage: \.\/test \[PATH …\]/m);
    assert.match(stdout, /--list/);
    assert.doesNotMatch(stdout, /\d passed/);
  }
});

test('./test refuses a flag that it does not know, and runs nothing', () => {
  for (const word of ['--wat', '-x', '--lists', '--help=all']) {
    const { code, stdout, stderr } = runTest('tests/nowhere', word);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`Unknown flag '${word}'`), stderr);
    assert.match(stderr, /^usage: /m);
    assert.doesNotMatch(stdout, /\d passed/);
  }
});

test('./test refuses a path below which no test is, and finds one that begins with ./', () => {
  const { code, stderr } = runTest('--list', 'src/core', 'tests/nowhere');
  assert.equal(code, 2);
  assert.match(stderr, /No test is below 'tests\/nowhere'/);
  assert.match(runTest('--list', './tests/tidy').stdout, /tests\/tidy\/tidy\.test\.ts/);
});
