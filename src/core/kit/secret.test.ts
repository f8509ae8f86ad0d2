import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { secretOf } from './secret.ts';

test('a secret is never printed, however it is shown, and only reveal gives it away (spec §12)', () => {
  const secret = secretOf('hunter2');
  const ways = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    format('%s %o %O %j', secret, secret, secret, secret),
    JSON.stringify(Object.entries(secret)),
    new Error(`Cannot use ${secret}`).message,
  ];
  for (const way of ways) assert.doesNotMatch(way, /hunter2/);
  assert.equal(ways[0], '[secret]');
  assert.equal(secret.reveal(), 'hunter2');
});
