/** `holdfast restore` into a control plane that runs: it ends when the restored one answers, or says why it does not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runProgram } from '../../cli/program.ts';
import { type Answer, startFakeApi } from '../../cli/testing/fake-api.ts';
import { fakeIo } from '../../cli/testing/run-cli.ts';
import { roleTable } from '../role-table.ts';

const dir = mkdtempSync(join(tmpdir(), 'holdfast-restore-'));
after(() => rmSync(dir, { recursive: true }));
const backup = join(dir, 'backup.db');
writeFileSync(backup, 'what the control plane finds sound');

const at = (epoch: number): Answer => ({ json: { epoch, revision: 7 } });
const away: Answer = { status: 503, json: { error: { code: 'not_ready', message: 'It starts', details: {} } } };
const stranger: Answer = {
  status: 401,
  json: { error: { code: 'unauthorized', message: 'The token is not known', details: {} } },
};

async function restored(status: readonly Answer[], ...more: readonly string[]) {
  await using api = await startFakeApi({
    'GET /v1/status': status,
    'POST /v1/restore': { status: 202, json: { status: 'restoring' } },
  });
  const { io, printed } = fakeIo({ server: api.server });
  const code = await runProgram(io, roleTable, ['restore', backup, '--yes', ...more]);
  return { code, ...printed() };
}

test('restore ends when the control plane answers in the new epoch, not when it has taken the backup', async () => {
  const { code, stdout, stderr } = await restored([at(3), at(3), away, away, at(4)]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'Restored at revision 7, epoch 4\n');
  assert.match(stderr, /it restores it now and starts anew/);
});

test('restore prints the epoch and the revision for a script with -o json', async () => {
  const { stdout } = await restored([at(3), at(4)], '-o', 'json');
  assert.deepEqual(JSON.parse(stdout), { epoch: 4, revision: 7 });
});

test('a control plane that comes back with the store it had is told as a failure, not as restored', async () => {
  const { code, stdout, stderr } = await restored([at(3), away, at(3)]);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /did not restore the backup and goes on with the store it had \(store_failed\)/);
});

test('a restored store that does not know the token of who restored it is told as restored, and where a token is', async () => {
  const { code, stdout, stderr } = await restored([at(3), away, stranger]);
  assert.equal(code, 7);
  assert.equal(stdout, '');
  assert.match(stderr, /The backup is restored, but its store does not know this token \(unauthorized\)/);
  assert.match(stderr, /admin\.token/);
});

test('a token that is not known before anything is sent says nothing of a restore', async () => {
  const { code, stderr } = await restored([stranger]);
  assert.equal(code, 7);
  assert.match(stderr, /The token is not known \(unauthorized\)/);
});

test('a control plane that does not come back is waited for 5 minutes, then it is exit code 6', async () => {
  const { code, stderr } = await restored([at(3), away]);
  assert.equal(code, 6, stderr);
  assert.match(stderr, /does not answer 300 s after it took the backup \(timeout\)/);
});
