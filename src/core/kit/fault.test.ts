import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, tellable } from './fault.ts';

test('S7 beyond this host a fault speaks for itself, any other error only by its code or kind', () => {
  const raw = Object.assign(new Error("EACCES: permission denied, open '/srv/lock'"), { code: 'EACCES' });
  assert.equal(tellable(new Fault('port_conflict', 'Port 80 is taken')), 'Port 80 is taken');
  assert.equal(tellable(raw), 'an unforeseen error (EACCES)');
  assert.equal(tellable(new TypeError('/srv/x is not a function')), 'an unforeseen error (TypeError)');
  assert.equal(tellable('/srv/text'), 'an unforeseen error (string)');
});
