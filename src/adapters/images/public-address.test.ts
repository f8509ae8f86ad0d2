import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isPublicAddress } from './public-address.ts';

it('public addresses are public', () => {
  const addresses = ['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.15.0.1', '172.32.0.1', '100.128.0.1', '192.169.0.1'];
  const wrapped = ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'];
  for (const address of [...addresses, '2606:4700::1111', '2a00:1450::1', ...wrapped]) {
    assert.ok(isPublicAddress(address), address);
  }
});

it('private, loopback, link-local, shared, multicast and reserved addresses are not', () => {
  const v4 = ['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'];
  const more = ['172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'];
  const v6 = [
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    'fc00::',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
  ];
  const others = ['100::1', '64:ff9b:1::1', '::127.0.0.1', '', 'localhost', '1.1.1', 'x'];
  for (const address of [...v4, ...more, ...v6, ...others]) assert.ok(!isPublicAddress(address), address);
});

it('a v4 address is judged the same however v6 wraps it', () => {
  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  fc.assert(
    fc.property(octets, ([a, b, c, d]) => {
      const plain = isPublicAddress(`${a}.${b}.${c}.${d}`);
      const hex = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':');
      for (const wrapped of [
        `::ffff:${a}.${b}.${c}.${d}`,
        `::ffff:${hex}`,
        `0:0:0:0:0:ffff:${hex}`,
        `64:ff9b::${hex}`,
        `2002:${hex}::`,
      ]) {
        assert.equal(isPublicAddress(wrapped), plain, wrapped);
      }
    }),
  );
});
