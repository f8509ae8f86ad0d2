import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseForwards } from './parse-forwards.ts';

test('forwarding rules are read by NIC, open connections are not taken for rules', () => {
  const text = [
    'Hub -1 (net-eth0):',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
    '  TCP[ESTABLISHED]   20       127.0.0.1 40022       10.0.2.15    22     0     0',
    '  TCP[HOST_FORWARD]  13       127.0.0.1 40022       10.0.2.15    22     0     0',
    '  UDP[HOST_FORWARD]  12               *  5353       10.0.2.15    53     0     0',
    'Hub -1 (net-eth1):',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
    '',
  ].join('\r\n');
  assert.deepEqual(
    parseForwards(text),
    new Map([
      [
        'eth0',
        [
          { protocol: 'udp', hostIp: '0.0.0.0', hostPort: 5353, guestPort: 53 },
          { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 40022, guestPort: 22 },
        ],
      ],
      ['eth1', []],
    ]),
  );
});
