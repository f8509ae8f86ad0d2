import type { Target } from '../envelope.ts';
import type { OpenCall } from '../envelope-write.ts';
import type { Offence } from './offences.ts';
import { callMessage } from './raw-peer.ts';

/** Method numbers of everything.capnp. */
const ECHO_THING = 1;
const OPEN = 2;
const ECHO_SINK = 5;
const ECHO_ANY = 12;

const MAIN: Target = { kind: 'import', id: 0 };

/** Puts raw words where the parameters' pointer and content go. */
function rawParams(...words: readonly (readonly [low: number, high: number])[]): (open: OpenCall) => void {
  return ({ message, payloadAt }) => {
    const segment = message.first;
    segment.allocate(words.length * 8);
    for (const [i, [low, high]] of words.entries()) {
      // The first word overwrites the pointer in the payload; the others follow the capability table's pointer.
      const at = i === 0 ? payloadAt : payloadAt + 8 + i * 8;
      segment.view.setInt32(at, low, true);
      segment.view.setUint32(at + 4, high, true);
    }
  };
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, i * 4);
  return bytes;
}

/** Messages that are wrong in themselves, whatever was said before, and the reason the connection has to end with. */
export const MALFORMED_MESSAGES: readonly Offence[] = [
  ['a null message', /it is null/, (p) => p.sendBytes(words(0, 1, 0, 0))],
  ['an empty first segment', /first segment is empty/, (p) => p.sendBytes(words(0, 0, 0, 0))],
  ['too many segments', /600 segments, the limit is 512/, (p) => p.sendBytes(words(599, 1))],
  ['a frame beyond the limit', /the limit is 67108864/, (p) => p.sendBytes(words(0, 0x0fff_ffff))],
  ['a root out of bounds', /out of bounds/, (p) => p.sendBytes(words(0, 1, 0x40, 0x0001_0001))],
  ['a root that is a list', /another kind/, (p) => p.sendBytes(words(0, 1, 1, 0))],
  ['a far pointer to no segment', /no segment 7/, (p) => p.sendBytes(words(0, 1, 2, 7))],
  ['a far pointer to itself', /lands on a far pointer/, (p) => p.sendBytes(words(0, 1, 2, 0))],
  ['a double far pointer to nonsense', /not far|out of bounds/, (p) => p.sendBytes(words(0, 2, 6, 0, 0, 1))],
  [
    'a struct that contains itself',
    /nesting limit/,
    (p) => p.send(callMessage(1, MAIN, ECHO_THING, rawParams([4, 0x0001_0000], [-4, 0x0001_0000]))),
  ],
  [
    'parameters out of bounds',
    /out of bounds/,
    (p) => p.send(callMessage(1, MAIN, ECHO_THING, rawParams([0x4000, 0x0001_0000]))),
  ],
  [
    'a list where a struct is meant',
    /another kind/,
    (p) => p.send(callMessage(1, MAIN, ECHO_THING, rawParams([1, 2]))),
  ],
  [
    'a list of half a billion nothings',
    /traversal limit/,
    (p) => p.send(callMessage(1, MAIN, ECHO_ANY, rawParams([4, 0x0001_0000], [1, 0xffff_fff8]))),
  ],
  [
    'a text that does not end',
    /does not end with NUL/,
    (p) => p.send(callMessage(1, MAIN, OPEN, rawParams([4, 0x0001_0000], [1, (4 << 3) | 2], [0x6463_6261, 0]))),
  ],
  [
    'a list of words where a text is meant',
    /not a list of bytes/,
    (p) => p.send(callMessage(1, MAIN, OPEN, rawParams([4, 0x0001_0000], [1, (1 << 3) | 5], [0, 0]))),
  ],
  [
    'a struct where a capability is meant',
    /capability: the pointer is of another kind/,
    (p) => p.send(callMessage(1, MAIN, ECHO_SINK, rawParams([4, 0x0001_0000], [0, 0x0001_0000], [0, 0]))),
  ],
  [
    'a list of structs whose tag is a list',
    /its tag is wrong/,
    (p) => p.send(callMessage(1, MAIN, ECHO_ANY, rawParams([4, 0x0001_0000], [1, (1 << 3) | 7], [1, 1], [0, 0]))),
  ],
  [
    'a list of more structs than it has words',
    /its tag is wrong|exceeds its words/,
    (p) =>
      p.send(callMessage(1, MAIN, ECHO_ANY, rawParams([4, 0x0001_0000], [1, (1 << 3) | 7], [100 << 2, 1], [0, 0]))),
  ],
];
