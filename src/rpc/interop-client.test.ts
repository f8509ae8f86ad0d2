import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Serving, serveRpc } from './serve.ts';
import { buildCpp, cppMissing, startProcess } from './testing/cpp-peer.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';

const skip = cppMissing();

/** Scenario of the C++ client, how often, and what it shows. */
const SCENARIOS: readonly (readonly [name: string, n: number, sentence: string])[] = [
  ['values', 1, 'values of every type, with defaults, groups and unions, come back equal'],
  ['enums', 1, 'an enum value this side does not know is kept'],
  ['any', 1, 'AnyPointer and generic fields carry text, structs and capabilities'],
  ['pipeline', 500, '500 calls at once are pipelined on answers that have not come'],
  ['callbacks', 200, 'callbacks to a capability parameter arrive in order, also after it was kept'],
  ['embargo', 1000, 'calls keep their order over 1,000 interleavings with a capability that comes back'],
  ['cancel', 50, '50 dropped calls are canceled'],
  ['errors', 1, 'exceptions of each type and unknown methods arrive as what they are'],
  ['promises', 20, 'a promised capability as parameter is resolved, or broken, later'],
  ['dropped', 200, 'calls pipelined on a call that was given up are answered'],
  ['stream', 200, 'a streaming call is acknowledged'],
  ['big', 5000, 'a message of some hundred kilobytes passes'],
  ['inheritance', 1, 'methods of parent interfaces can be called'],
  ['release', 1000, '1,000 objects opened and dropped leave nothing behind'],
];

suite('a C++ client of a TypeScript server', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-interop-'));
  const address = join(dir, 'socket');
  const state = everythingState();
  let peer = '';
  let serving: Serving;

  before(() => {
    peer = buildCpp('peer');
    serving = serveRpc(createServer().listen(address), { bootstrap: everything(state) });
  });

  after(async () => {
    await serving.close();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const [name, n, sentence] of SCENARIOS) {
    test(`${sentence} (C++ -> TypeScript)`, async () => {
      const { done } = await startProcess([peer, 'client', `unix:${address}`, name, String(n)]);
      const { code, output } = await done;
      assert.equal(code, 0, output);
      await eventually(() => serving.connections.size === 0 && state.children === 0);
    });
  }
});
