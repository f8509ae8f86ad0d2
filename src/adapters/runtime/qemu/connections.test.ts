import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConnections } from './connections.ts';

test('connections of one forward are told by how far the guest has taken them; rules and other forwards are not', () => {
  const text = [
    'Hub -1 (net-eth0):',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
    '  TCP[SYN_SENT]      18       127.0.0.1 29722       10.0.2.15    22     0     0',
    '  TCP[ESTABLISHED]   19       127.0.0.1 29722       10.0.2.15    22     0     0',
    '  TCP[CLOSE_WAIT]    20       127.0.0.1 29722       10.0.2.15    22     0     0',
    '  TCP[FIN_WAIT_2]    21       127.0.0.1 29722       10.0.2.15    22     0     0',
    '  TCP[ESTABLISHED]   22       127.0.0.1 29799       10.0.2.15  9999     0     0',
    '  TCP[ESTABLISHED]   23       10.0.2.15 40512   93.184.216.34   443     0     0',
    '  TCP[HOST_FORWARD]   9       127.0.0.1 29722       10.0.2.15    22     0     0',
    '',
  ].join('\r\n');
  assert.deepEqual(parseConnections(text, 29_722), ['opening', 'open', 'open', 'closing']);
  assert.deepEqual(parseConnections(text, 1), []);
});
