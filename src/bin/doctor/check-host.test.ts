import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkCgroups, checkPrivileges, checkRoom, checkTools } from './check-host.ts';
import type { Finding } from './finding.ts';

test('doctor says under which user hypervisors really run: root in a container has no other users to give them', () => {
  const found = (uid: number, ownUsers: boolean) => checkPrivileges(uid, ownUsers);
  assert.deepEqual([found(0, true).verdict, found(0, true).mend], ['ok', null]);
  assert.equal(found(0, false).verdict, 'limited');
  assert.match(found(0, false).message, /hypervisors run as root, without capabilities/);
  assert.equal(found(1000, false).verdict, 'limited');
  assert.match(found(1000, false).message, /user 1000: hypervisors run as this user/);
});

test('doctor looks for programs where agents do, which is not where its user does', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-tools-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const of = (findings: readonly Finding[], tool: string) => findings.find(({ check }) => check === tool);
  writeFileSync(join(dir, 'flock'), '', { mode: 0o755 });
  writeFileSync(join(dir, 'setpriv'), '', { mode: 0o644 });
  const known = checkTools({ searched: dir, ownPath: '' });
  assert.deepEqual([of(known, 'flock')?.verdict, of(known, 'flock')?.message], ['ok', join(dir, 'flock')]);
  assert.equal(of(known, 'setpriv')?.verdict, 'missing', 'it cannot be executed');
  const elsewhere = of(checkTools({ searched: '/nowhere', ownPath: `/none:${dir}` }), 'flock');
  assert.equal(elsewhere?.verdict, 'missing');
  assert.match(elsewhere?.message ?? '', /flock is on your PATH only; agents look in \/nowhere$/);
  assert.equal(elsewhere?.mend, `sudo ln -s ${join(dir, 'flock')} /usr/local/bin/`);
});

test('doctor calls cgroups usable only where the agent may make some', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-cgroups-'));
  t.after(() => rmSync(dir, { recursive: true }));
  assert.equal(checkCgroups([{ version: 2, dir }]).verdict, 'ok');
  for (const roots of [[], [{ version: 1, dir } as const]]) {
    assert.match(checkCgroups(roots).message, /^no cgroup v2 mount/);
  }
  // Root may write wherever something is.
  const closed = checkCgroups([{ version: 2, dir: join(dir, 'none') }]);
  assert.equal(closed.verdict, 'limited');
  assert.match(closed.message, /may not be written to/);
});

test('doctor looks at the file system in which the data directory would be made', () => {
  // No file system but /proc has no room at all, wherever this test runs.
  const [, disk] = checkRoom('/proc/not/made/yet');
  assert.equal(disk?.verdict, 'limited');
  assert.match(disk?.message ?? '', /^0\.0 GiB free/);
});
