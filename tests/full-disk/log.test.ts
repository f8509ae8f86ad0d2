import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mountSmallDisk } from './small-disk.ts';

const talker = fileURLToPath(new URL('./talker.ts', import.meta.url));

test('a process whose log finds no room goes on, and says what waited, whole lines, once there is some', (t) => {
  const disk = mountSmallDisk(1);
  if (disk === null) return t.skip('no disk can be mounted');
  t.after(disk.unmount);
  const file = join(disk.dir, 'agent.log');
  const descriptor = openSync(file, 'a');
  disk.fill();
  const { status, stdout } = spawnSync(process.execPath, [talker, join(disk.dir, 'filler')], {
    stdio: ['ignore', 'pipe', descriptor],
    encoding: 'utf8',
  });
  closeSync(descriptor);
  assert.equal(status, 0);
  assert.equal(stdout, 'still there\n');
  const said = readFileSync(file, 'utf8').trimEnd().split('\n');
  const messages = said.map((line) => JSON.parse(line).msg as string);
  assert.equal(messages[0], 'line 0');
  assert.equal(messages.at(-1), 'there is room');
});
