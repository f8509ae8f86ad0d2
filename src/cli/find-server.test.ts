import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { secretOf } from '../core/kit/secret.ts';
import { findServer, type NamedServer } from './find-server.ts';

const nobody: NamedServer = { server: undefined, token: undefined, dataDir: undefined };
const named = (server: string): NamedServer => ({ ...nobody, server });

/** The data directory of an `up` that listens there. */
function aDataDir(address: string) {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-find-'));
  writeFileSync(join(dir, 'server.address'), `${address}\n`);
  writeFileSync(join(dir, 'admin.token'), 't0ken\n');
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
}

function chosen(choice: NamedServer, dataDirs: readonly string[]) {
  const { server, token } = findServer(choice, dataDirs);
  return [server, token?.reveal()];
}

test('a server is named as people write it: without its scheme, with a slash, with the path of the API', () => {
  using up = aDataDir('http://127.0.0.1:7071');
  for (const server of ['127.0.0.1:7071', 'http://127.0.0.1:7071/', 'http://127.0.0.1:7071/v1', '127.0.0.1:7071/v1/']) {
    assert.deepEqual(chosen(named(server), [up.dir]), ['http://127.0.0.1:7071', 't0ken'], server);
  }
  assert.equal(
    findServer(named('https://proxy.example.org/holdfast/v1'), [up.dir]).server,
    'https://proxy.example.org/holdfast',
  );
  assert.equal(findServer(named('v1'), [up.dir]).server, 'http://v1', 'a host may be called so too');
});

test('a password in the URL of a server is refused and never shown: a token says who asks (spec §12)', () => {
  for (const server of [
    'http://admin:hunter2@127.0.0.1:7070',
    'https://hunter2@example.org',
    'admin:hunter2@host:1',
    'http:/admin:hunter2@host',
  ]) {
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

test('the token of a data directory goes to no other server than its own', () => {
  using up = aDataDir('http://127.0.0.1:7070');
  for (const server of ['http://127.0.0.1:7071', 'https://127.0.0.1:7070', 'http://127.0.0.1:7070/other']) {
    assert.deepEqual(chosen(named(server), [up.dir]), [server, undefined], server);
  }
});

test('the first data directory that says where its server listens is taken, and a token that was named goes there', () => {
  using first = aDataDir('127.0.0.1:7070');
  using second = aDataDir('127.0.0.1:7071');
  const dirs = [join(first.dir, 'none'), first.dir, second.dir];
  assert.deepEqual(chosen(nobody, dirs), ['http://127.0.0.1:7070', 't0ken']);
  assert.deepEqual(chosen({ ...nobody, token: secretOf('own') }, dirs), ['http://127.0.0.1:7070', 'own']);
  assert.deepEqual(chosen({ ...nobody, dataDir: second.dir }, dirs), ['http://127.0.0.1:7071', 't0ken']);
});
