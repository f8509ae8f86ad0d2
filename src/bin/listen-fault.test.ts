import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { listenFault, refuseLongSocket } from './listen-fault.ts';
import { isHopeless } from './up/find-hopeless.ts';

test('an address that cannot be listened on is told as what is wrong with it, and up does not try it again', async () => {
  // Kept for documents: no host has it (RFC 5737).
  const listen = { host: '192.0.2.1', port: 0 };
  const server = createServer();
  const [error] = await once(server.listen(listen.port, listen.host).on('listening', assert.fail), 'error').catch(
    (thrown: unknown) => [thrown],
  );
  const fault = listenFault(error, listen);
  assert.ok(fault instanceof Fault, String(fault));
  assert.deepEqual(
    [fault.code, fault.message],
    ['usage', 'Cannot listen on 192.0.2.1:0: this host has no such address'],
  );
  assert.ok(isHopeless(fault));
  const other = new Error('unforeseen');
  assert.equal(listenFault(other, listen), other);
});

test('a socket whose path is too long for the system is refused with what to do', () => {
  refuseLongSocket('/run/holdfast/node.sock');
  assert.throws(() => refuseLongSocket(`/${'a'.repeat(107)}`), {
    code: 'usage',
    message: /at most 107 bytes, not 108; give/,
  });
});
