import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
import { superviseChild } from './supervise-child.ts';

test('a child that ends is started again, and the user is told so in a sentence, not in JSON', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-supervise-'));
  const told: string[] = [];
  const again = Promise.withResolvers<void>();
  const child = superviseChild(
    {
      clock: createSystemClock(),
      warn: (sentence) => {
        told.push(sentence);
        if (told.length === 2) again.resolve();
      },
    },
    {
      name: 'server',
      argv: [process.execPath, '-e', 'console.error("words of its own"); process.exit(3)'],
      env: {},
      dataDir,
      startAgain: () => true,
    },
  );
  try {
    await again.promise;
    const log = join(dataDir, 'server.log');
    assert.equal(told[0], `The server process ended (code 3); it is started again. See ${log}`);
    assert.match(readFileSync(log, 'utf8'), /words of its own/);
  } finally {
    await child.stop();
    rmSync(dataDir, { recursive: true });
  }
});
