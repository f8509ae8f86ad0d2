import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, startCli } from '../e2e/cluster.ts';
import { mountSmallDisk } from './small-disk.ts';

test('a backup that a full disk has no room for, and one to restore, are refused as that and leave nothing; reads go on (spec §11)', async (t) => {
  const disk = mountSmallDisk(16);
  if (disk === null) return t.skip('no disk can be mounted');
  const dataDir = join(disk.dir, 'data');
  const server = startCli(['server', '--data-dir', dataDir, '--listen', '127.0.0.1:0'], {});
  t.after(async () => {
    server.process.kill('SIGTERM');
    await server.ended;
    disk.unmount();
  });
  const address = join(dataDir, 'server.address');
  await eventually('the control plane is up', () => existsSync(address) || undefined);
  const read = (file: string): string => readFileSync(file, 'utf8').trim();
  const call = (method: string, path: string, body?: Uint8Array<ArrayBuffer>) =>
    fetch(`${read(address)}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${read(join(dataDir, 'admin.token'))}`,
        ...(body === undefined ? {} : { 'content-type': 'application/vnd.sqlite3' }),
      },
      ...(body === undefined ? {} : { body }),
    });
  const backup = new Uint8Array(await (await call('GET', '/v1/backup')).arrayBuffer());
  const before = readdirSync(dataDir);
  disk.fill();
  for (const answer of [await call('GET', '/v1/backup'), await call('POST', '/v1/restore', backup)]) {
    const { error } = (await answer.json()) as { readonly error: { readonly code: string } };
    assert.deepEqual([answer.status, error.code], [507, 'store_full'], JSON.stringify(error));
  }
  assert.deepEqual(readdirSync(dataDir), before);
  assert.equal((await call('GET', '/v1/vms')).status, 200);
  disk.makeRoom();
  assert.equal((await call('GET', '/v1/backup')).status, 200);
});
