import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveRpc } from './serve.ts';
import { buildCpp, cppMissing, startCpp } from './testing/cpp-peer.ts';
import { everything, everythingState } from './testing/everything-server.ts';

/** Seconds of random conversation; an hour with RPC_VALGRIND_SECONDS=3600. */
const SECONDS = process.env['RPC_VALGRIND_SECONDS'] ?? '4';

const noValgrind = spawnSync('valgrind', ['--version']).status === 0 ? undefined : 'valgrind is not installed';

test('a C++ peer under valgrind sees no protocol error and no memory error', {
  skip: cppMissing() ?? noValgrind,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-valgrind-'));
  const address = join(dir, 'socket');
  const state = everythingState();
  const reasons: string[] = [];
  const serving = serveRpc(createServer().listen(address), {
    bootstrap: everything(state),
    onClose: ({ message }) => reasons.push(message),
  });
  const peer = buildCpp('peer');
  const valgrind = ['valgrind', '-q', '--error-exitcode=9', '--leak-check=full', '--errors-for-leak-kinds=definite'];
  const { done } = await startCpp([...valgrind, peer, 'client', `unix:${address}`, 'converse', SECONDS]);
  const { code, output } = await done;
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /ERROR SUMMARY: [1-9]|Invalid|lost/);
  await serving.close();
  // A program that ends with bytes unread resets the connection; either is an end without a protocol error.
  assert.equal(reasons.length, 1);
  assert.match(reasons[0] ?? '', /^(The peer disconnected|Connection lost: read ECONNRESET)$/);
  assert.equal(state.children, 0);
  rmSync(dir, { recursive: true, force: true });
});
