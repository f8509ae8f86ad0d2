import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mountSmallDisk } from '../../../tests/full-disk/small-disk.ts';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import { upPaths } from './up-paths.ts';
import { waitUntilReady } from './wait-ready.ts';

/** A control plane to which the node has a session, as it has for a moment also where its report finds no room. */
async function withJoinedNode(run: (address: string) => Promise<void>): Promise<void> {
  const items = [{ name: 'node-1', status: { health: 'ready', connected: true } }];
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ items }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a full disk is told also where the node has just joined; with room it is not (spec §11)', async (t) => {
  const disk = mountSmallDisk(1);
  if (disk === null) return t.skip('no disk can be mounted');
  try {
    await withJoinedNode(async (address) => {
      writeFileSync(upPaths(disk.dir).address, address);
      writeFileSync(upPaths(disk.dir).adminToken, 'hf_test');
      const said: string[] = [];
      const { signal } = new AbortController();
      const ready = () =>
        waitUntilReady(
          { clock: createSystemClock(), interrupted: signal, warn: (sentence) => said.push(sentence) },
          { dataDir: disk.dir, node: 'node-1', hopeless: signal },
        );
      await ready();
      assert.deepEqual(said, []);
      disk.fill();
      await ready();
      assert.match(
        said.join('\n'),
        /^The disk of \S+ is full: reads are answered, changes are refused until there is room$/,
      );
    });
  } finally {
    disk.unmount();
  }
});

const never = new AbortController().signal;

/** Goes on by as much as somebody sleeps. */
function aHurriedClock(): Clock {
  let now = Date.parse('2026-03-02T09:00:00.000Z');
  return {
    now: () => now,
    bootMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    timeout: () => never,
  };
}

test('a start that takes long says so once, and one that never ends what both processes said of it last, in words', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-ready-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  writeFileSync(join(dataDir, 'server.log'), '');
  const said = (time: string, message: string): string =>
    `${JSON.stringify({ level: 'info', time, role: 'agent', message, msg: 'not connected to the control plane' })}\n`;
  const log = said('2026-03-02T08:59:59.000Z', 'an earlier start') + said('2026-03-02T09:01:00.000Z', 'no such socket');
  // The last line is still being written.
  writeFileSync(join(dataDir, 'agent.log'), `${log}{"level":"info","time":"2026-03-02T09:0`);
  const warned: string[] = [];
  const clock = aHurriedClock();
  const began = clock.now();
  const deps = { clock, interrupted: never, warn: (sentence: string) => void warned.push(sentence) };
  await assert.rejects(waitUntilReady(deps, { dataDir, node: 'node-1', hopeless: never }), {
    code: 'start_failed',
    message:
      'Cannot start Holdfast: the control plane has not written its address yet\n' +
      '  agent.log: not connected to the control plane: no such socket',
  });
  assert.deepEqual(warned, ['Holdfast is still starting: the control plane has not written its address yet']);
  assert.ok(clock.now() - began >= 180_000);
});
