/** The service unit of the documentation: systemd accepts it, and it ends no guest. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../e2e/cluster.ts';

const unit = readFileSync(join(root, 'docs/examples/holdfast.service'), 'utf8');

test('the service unit ends the supervisor only, so that guests outlive it (F4)', () => {
  assert.match(unit, /^KillMode=process$/m);
  assert.match(unit, /^Delegate=yes$/m);
});

const noSystemd = spawnSync('systemd-analyze', ['--version']).error !== undefined && 'systemd-analyze is not installed';

test('systemd finds no fault with the service unit', {
  skip: noSystemd,
}, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-unit-'));
  try {
    const file = join(scratch, 'holdfast.service');
    // Its program is checked too: that of this checkout stands for the installed one.
    writeFileSync(file, unit.replace('/opt/holdfast/holdfast', join(root, 'holdfast')));
    execFileSync('systemd-analyze', ['verify', '--man=no', file], { stdio: 'pipe' });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
