import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGuestState } from './monitor.ts';

test('a guest that its host stopped for want of disk space is paused and can go on; it is not killed for it', () => {
  assert.equal(readGuestState('io-error'), 'io_error');
  assert.equal(readGuestState('paused'), 'paused');
  assert.equal(readGuestState('internal-error'), 'internal_error');
  assert.equal(readGuestState('prelaunch'), 'frozen');
  assert.equal(readGuestState('guest-panicked'), 'panicked');
});
