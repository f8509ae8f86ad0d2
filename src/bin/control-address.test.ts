import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { parseControlAddress, parseListen } from './control-address.ts';

test('parseControlAddress() reads unix and tcp addresses, IPv6 in brackets', () => {
  assert.deepEqual(parseControlAddress('unix:/run/node.sock'), { kind: 'unix', path: '/run/node.sock' });
  assert.deepEqual(parseControlAddress('tcp:cp.example:7071'), { kind: 'tcp', host: 'cp.example', port: 7071 });
  assert.deepEqual(parseControlAddress('tcp:[::1]:7071'), { kind: 'tcp', host: '::1', port: 7071 });
});

test('addresses that cannot be meant are refused with the flag, the value and what is right', () => {
  for (const text of ['', 'unix:', 'tcp:host', 'tcp:host:0', 'tcp:host:70000', 'http://host:1']) {
    assert.throws(
      () => parseControlAddress(text),
      (error: unknown) => error instanceof Fault && error.code === 'usage',
    );
  }
  for (const text of ['', '7070', 'host:', 'host:99999', '::1:7070']) {
    assert.throws(
      () => parseListen(text),
      (error: unknown) => error instanceof Fault && /--listen/.test(error.message),
    );
  }
  assert.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 });
});
