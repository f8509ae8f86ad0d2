import * as fc from 'fast-check';
import { connectRpc } from '../rpc.ts';
import { collectingSink } from './collecting-sink.ts';
import { duplexPair } from './duplex-pair.ts';
import { embargoRound } from './embargo-round.ts';
import { everything, everythingState } from './everything-server.ts';
import { fillThing } from './full-thing.ts';
import { Everything, type Everything$Client } from './generated/everything.ts';
import { seededRandom } from './seeded-random.ts';

type Recording = { readonly toServer: Buffer; readonly toClient: Buffer };

/** A real conversation, as bytes of both directions. */
async function record(seed: number): Promise<Recording> {
  const [left, right] = duplexPair();
  const toServer: Buffer[] = [];
  const toClient: Buffer[] = [];
  left.on('data', (chunk: Buffer) => toServer.push(chunk));
  right.on('data', (chunk: Buffer) => toClient.push(chunk));
  connectRpc(left, { bootstrap: everything(everythingState()) });
  const client = connectRpc(right);
  await converse(client.bootstrap(Everything), seed);
  client.close();
  return { toServer: Buffer.concat(toServer), toClient: Buffer.concat(toClient) };
}

/** Six random steps of talking to an object of everything.capnp. */
export async function converse(root: Everything$Client, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const steps = [
    async () => root.echoThing((p) => fillThing(p._initThing())).promise(),
    async () =>
      root
        .feed((p) => {
          p.sink = collectingSink([]);
          p.count = 5;
        })
        .promise(),
    async () =>
      root
        .open((p) => {
          p.name = 'x';
        })
        .getChild()
        .whoAmI()
        .promise(),
    async () => embargoRound(root, random),
    async () =>
      root
        .fail((p) => {
          p.reason = 'y';
        })
        .promise()
        .catch(() => undefined),
    async () =>
      root
        .openStream()
        .getStream()
        .write((p) => {
          p._initChunk(300);
        }),
  ];
  for (let i = 0; i < 6; i++) await steps[Math.floor(random() * steps.length)]?.();
}

export type Mutation = { readonly kind: number; readonly at: number; readonly value: number };

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.nat(5),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  value: fc.nat(0xffff_ffff),
});

/** Changes a recording: a bit, a byte, a word, a piece taken out, a piece doubled, an end. */
export function mutate(bytes: Buffer, { kind, at, value }: Mutation): Buffer {
  const place = Math.floor(at * bytes.length);
  const copy = Buffer.from(bytes);
  const word = Math.min(place & ~3, Math.max(0, copy.length - 4));
  switch (kind) {
    case 0:
      copy[place] = (copy[place] ?? 0) ^ (1 << (value & 7));
      return copy;
    case 1:
      copy[place] = value & 0xff;
      return copy;
    case 2:
      if (copy.length >= 4) copy.writeUInt32LE(value, word);
      return copy;
    case 3:
      return Buffer.concat([copy.subarray(0, word), copy.subarray(word + (value & 0xf8))]);
    case 4:
      return Buffer.concat([copy.subarray(0, word), copy.subarray(Math.max(0, word - (value & 0xf8)))]);
    default:
      return copy.subarray(0, place);
  }
}

const recordings = new Map<number, Promise<Recording>>();

/** The recording of a seed; made once. */
export function recorded(seed: number): Promise<Recording> {
  let known = recordings.get(seed);
  if (known === undefined) {
    known = record(seed);
    recordings.set(seed, known);
  }
  return known;
}
