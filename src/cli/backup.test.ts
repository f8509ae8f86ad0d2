import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../core/kit/fault.ts';
import { startFakeApi } from './testing/fake-api.ts';
import { runCli } from './testing/run-cli.ts';

const type = 'application/vnd.sqlite3';

/** A control plane that sends half of a backup, then waits to be asked for the rest. */
async function startSlowApi(): Promise<{ server: string; sendRest(): void } & AsyncDisposable> {
  const rest: (() => void)[] = [];
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': type, 'content-length': 8 });
    response.write('half');
    rest.push(() => response.end('half'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sendRest: () => rest.shift()?.(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('backup', () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-backup-'));
  const file = join(dir, 'store.db');
  after(() => rmSync(dir, { recursive: true }));
  const names = (): readonly string[] => readdirSync(dir).toSorted();
  const halfIsThere = async (): Promise<void> => {
    const until = performance.now() + 60_000;
    while (!names().some((name) => readFileSync(join(dir, name), 'utf8') === 'half')) {
      assert.ok(performance.now() < until, 'nothing was written');
      await sleep(2);
    }
  };

  test('a backup has its name only once it is whole and on disk; half of one never has it', async () => {
    await using api = await startSlowApi();
    const run = runCli({ server: api.server }, 'backup', file);
    await halfIsThere();
    assert.ok(!names().includes('store.db'), names().join(' '));
    api.sendRest();
    assert.equal((await run).code, 0);
    assert.deepEqual(names(), ['store.db']);
    assert.equal(readFileSync(file, 'utf8'), 'halfhalf');
    rmSync(file);
  });

  test('a file that came meanwhile is never written over either', async () => {
    await using api = await startSlowApi();
    const run = runCli({ server: api.server }, 'backup', file);
    await halfIsThere();
    writeFileSync(file, 'mine');
    api.sendRest();
    assert.match((await run).stderr, /backup_exists/);
    assert.deepEqual(names(), ['store.db']);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    rmSync(file);
  });

  test('a backup that is interrupted leaves nothing', async () => {
    await using api = await startSlowApi();
    const interrupt = new AbortController();
    const run = runCli({ server: api.server, signal: interrupt.signal }, 'backup', file);
    await halfIsThere();
    interrupt.abort(new Fault('interrupted', 'Stopped by the user'));
    assert.equal((await run).code, 130);
    assert.deepEqual(names(), []);
  });

  test('what a killed backup left hinders no later one, which takes it away', async () => {
    await using api = await startFakeApi({ 'GET /v1/backup': { text: 'bytes', type } });
    const left = ['store.db.0195a3c0-5e1f-7b3c-8d2e-4f6a7b8c9d10.partial', 'store.db.partial', 'other.db.x.partial'];
    for (const name of left) writeFileSync(join(dir, name), 'half');
    assert.equal((await runCli({ server: api.server }, 'backup', file)).code, 0);
    assert.deepEqual(names(), ['other.db.x.partial', 'store.db', 'store.db.partial']);
    assert.equal(readFileSync(file, 'utf8'), 'bytes');
  });

  test('a file that is there is never written over, and nothing is asked for it', async () => {
    await using api = await startFakeApi({ 'GET /v1/backup': { text: 'other', type } });
    writeFileSync(file, 'mine');
    const refused = await runCli({ server: api.server }, 'backup', file, '-o', 'json');
    assert.match(refused.stderr, /backup_exists/);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    assert.deepEqual(api.asked, []);
  });

  test('a directory that is not there is named', async () => {
    await using api = await startFakeApi({ 'GET /v1/backup': { text: 'other', type } });
    const refused = await runCli({ server: api.server }, 'backup', join(dir, 'nowhere/store.db'));
    assert.match(
      refused.stderr.replace(/\s+/g, ' '),
      /Cannot write .*nowhere\/store\.db: there is no directory .*nowhere \(/,
    );
    assert.equal(refused.code, 8);
    const unnamed = await runCli({ server: api.server }, 'backup', '');
    assert.deepEqual([unnamed.code, unnamed.stderr.split('\n')[0]], [2, 'Error: Name the file to make (usage)']);
    assert.deepEqual(
      names().filter((name) => name.startsWith('.')),
      [],
    );
  });
});
