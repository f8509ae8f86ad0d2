import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { serveRpc } from './serve.ts';
import { buildCpp, cppMissing, startProcess } from './testing/cpp-peer.ts';
import { harass, talk } from './testing/endless-talk.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';

/** Seconds of random conversation in each role, both at once; an hour with RPC_VALGRIND_SECONDS=3600. */
const SECONDS = Number(process.env['RPC_VALGRIND_SECONDS'] ?? 4);

const noValgrind = spawnSync('valgrind', ['--version']).status === 0 ? undefined : 'valgrind is not installed';
const VALGRIND = ['valgrind', '-q', '--error-exitcode=9', '--leak-check=full', '--errors-for-leak-kinds=definite'];

/** What valgrind and the C++ library print when something is not as it should be. */
const COMPLAINT = /==\d+==|error|exception|Protocol/i;

suite('C++ peers under valgrind', { skip: cppMissing() ?? noValgrind, concurrency: true }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-valgrind-'));
  after(() => rmSync(dir, { recursive: true, force: true }));

  test('a client sees no protocol error and no memory error, while strangers send damaged bytes to its server', async (context) => {
    const address = join(dir, 'typescript');
    const state = everythingState();
    const serving = serveRpc(createServer().listen(address), { bootstrap: everything(state) });
    const argv = [...VALGRIND, buildCpp('peer'), 'client', `unix:${address}`, 'converse', String(SECONDS)];
    const { done } = await startProcess(argv);
    await eventually(() => serving.connections.size === 1);
    const [connection] = serving.connections;
    const harassed = harass(address, 1, performance.now() + SECONDS * 1_000);
    const { code, output } = await done;
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, COMPLAINT);
    // A program that ends with bytes unread resets the connection; each of these is an end without a protocol error.
    const reason = await connection?.closed;
    assert.match(reason?.message ?? '', /^(The peer disconnected|Connection lost: (read|write) (ECONNRESET|EPIPE))$/);
    context.diagnostic(`${await harassed} damaged conversations beside it`);
    await serving.close();
    assert.equal(state.children, 0);
  });

  test('a server sees no protocol error and no memory error', async (context) => {
    const address = join(dir, 'cpp');
    const server = await startProcess([...VALGRIND, buildCpp('peer'), 'server', `unix:${address}`], 'ready');
    context.after(() => server.child.kill('SIGKILL'));
    const until = performance.now() + SECONDS * 1_000;
    const steps = await Promise.all([1, 2, 3].map((seed) => talk(address, seed, until)));
    context.diagnostic(`steps of each conversation: ${steps.join(', ')}`);
    server.child.kill('SIGTERM');
    const { code, output } = await server.done;
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, COMPLAINT);
    assert.match(output, /objects left: 0/);
  });
});
