import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canUseOwnUsers } from './own-users.ts';

test('instances get users of their own only where the agent is root and the ids exist', () => {
  const host = '         0          0 4294967295\n';
  const container = '         0     100000      65536\n';
  assert.equal(canUseOwnUsers(0, host), true);
  assert.equal(canUseOwnUsers(1_000, host), false);
  assert.equal(canUseOwnUsers(0, container), false);
  assert.equal(canUseOwnUsers(0, ''), false);
});
