/**
 * Which addresses an image URL may reach. A tenant's URL is fetched from inside the node's network: without this
 * gate it would be a way into the node, its neighbours and the metadata services of clouds (spec §12).
 */
import { BlockList, isIP } from 'node:net';

/** IPv4 ranges that are not the public internet: private, loopback, link-local, shared, test, multicast, reserved. */
const refusedV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * Parts of the global IPv6 range that are not global: protocol assignments with Teredo, documentation. 6to4 is
 * looked into.
 */
const refusedV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
];

const refused = new BlockList();
for (const [network, prefix] of refusedV4) refused.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of refusedV6) refused.addSubnet(network, prefix, 'ipv6');

/**
 * True when the IP address is on the public internet. A v4 address wrapped in v6 (mapped, NAT64, 6to4) counts as
 * itself.
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.split('%')[0] ?? '';
  if (bare !== address) return false;
  switch (isIP(bare)) {
    case 4:
      return !refused.check(bare, 'ipv4');
    case 6:
      return isPublicV6(bare);
    default:
      return false;
  }
}

function isPublicV6(address: string): boolean {
  const groups = groupsOf(address);
  const [a = 0, b = 0, c = 0] = groups;
  const lowV4 = v4Of(groups[6] ?? 0, groups[7] ?? 0);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const nat64 = a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (mapped || nat64) return isPublicAddress(lowV4);
  if (a === 0x2002) return isPublicAddress(v4Of(b, c));
  const global = (a & 0xe000) === 0x2000;
  return global && !refused.check(address, 'ipv6');
}

const v4Of = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // The URL parser spells every address the same way: hexadecimal groups, at most one `::`.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [parse(head), parse(tail ?? '')];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}
