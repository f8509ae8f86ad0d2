import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { mountSmallDisk } from '../../../tests/full-disk/small-disk.ts';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
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
