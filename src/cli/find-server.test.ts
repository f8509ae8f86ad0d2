import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { findServer } from './find-server.ts';

const named = (server: string) => ({ server, token: undefined, dataDir: undefined });

test('a server is named as people write it: without its scheme, with a slash, with the path of the API', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-find-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'server.address'), 'http://127.0.0.1:7071\n');
  writeFileSync(join(dir, 'admin.token'), 't0ken\n');
  for (const server of ['127.0.0.1:7071', 'http://127.0.0.1:7071/', 'http://127.0.0.1:7071/v1', '127.0.0.1:7071/v1/']) {
    const found = findServer(named(server), [dir]);
    assert.deepEqual([found.server, found.token?.reveal()], ['http://127.0.0.1:7071', 't0ken'], server);
  }
  assert.equal(
    findServer(named('https://proxy.example.org/holdfast/v1'), [dir]).server,
    'https://proxy.example.org/holdfast',
  );
});

test('a password in the URL of a server is refused and never shown: a token says who asks (spec §12)', () => {
  for (const server of ['http://admin:hunter2@127.0.0.1:7070', 'https://hunter2@example.org', 'admin:hunter2@host:1']) {
    assert.throws(
      () => findServer(named(server), []),
      (error) =>
        error instanceof Fault &&
        error.code === 'usage' &&
        !error.message.includes('hunter2') &&
        /--token/.test(error.message),
      server,
    );
  }
});
