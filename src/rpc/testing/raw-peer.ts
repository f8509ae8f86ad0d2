import type { Duplex } from 'node:stream';
import { writeCapTable } from '../cap-write.ts';
import { getBit, getUint16, getUint32 } from '../capnp/data-fields.ts';
import type { Message } from '../capnp/message.ts';
import type { AnyStruct } from '../capnp/struct.ts';
import { type Descriptor, MESSAGE, SEND_RESULTS_TO, type Target } from '../envelope.ts';
import { beginCall, beginResults, type OpenCall } from '../envelope-write.ts';
import { FrameReader } from '../frame-reader.ts';
import { member, root } from '../inbound.ts';
import { readException } from '../inbound-return.ts';
import { DEFAULT_LIMITS, type RpcLimits } from '../limits.ts';
import { connectRpc } from '../rpc.ts';
import { duplexPair } from './duplex-pair.ts';
import { eventually } from './eventually.ts';
import { everything, everythingState } from './everything-server.ts';
import { Everything$Client } from './generated/everything.ts';

/** A received message in the few words tests compare. */
export type Received = { readonly kind: string; readonly id: number; readonly detail: string };

/** A peer that sends exactly what a test says, right or wrong, and notes what comes back. */
export class RawPeer {
  readonly received: Received[] = [];
  ended = false;
  readonly #stream: Duplex;

  constructor(stream: Duplex) {
    this.#stream = stream;
    const frames = new FrameReader(DEFAULT_LIMITS, () => undefined);
    stream.on('data', (chunk: Buffer) => {
      frames.feed(chunk, (message) => {
        this.received.push(describeMessage(message));
        return true;
      });
    });
    stream.on('error', () => undefined);
    stream.on('end', () => {
      this.ended = true;
    });
  }

  send(message: Message): void {
    this.sendBytes(frame(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  end(): void {
    this.#stream.end();
  }

  /** Ids of the messages of this kind that came. */
  idsOf(kind: string): readonly number[] {
    return this.received.filter((message) => message.kind === kind).map(({ id }) => id);
  }

  /** The first message of this kind, waited for. */
  async next(kind: string): Promise<Received> {
    const found = (): Received | undefined => this.received.find((message) => message.kind === kind);
    await eventually(() => found() !== undefined || this.ended);
    const message = found();
    if (message === undefined) throw new Error(`No ${kind} came, but ${JSON.stringify(this.received)}`);
    return message;
  }
}

/** A connection of ours that serves everything.capnp, and a raw peer it talks to. */
export function connectRawPeer(limits: Partial<RpcLimits> = {}) {
  const [left, right] = duplexPair();
  const state = everythingState();
  const connection = connectRpc(left, { bootstrap: everything(state), limits });
  return { connection, peer: new RawPeer(right), state };
}

/** The message as it goes over a stream. */
export function frame(message: Message): Buffer {
  const { bytes, end } = message.first;
  const header = Buffer.alloc(8);
  header.writeUInt32LE(end / 8, 4);
  return Buffer.concat([header, bytes.subarray(0, end)]);
}

/** A call of method `methodId` of Everything. */
export function callMessage(
  id: number,
  target: Target,
  methodId: number,
  fill: (open: OpenCall) => void = () => undefined,
  sendResultsTo: number = SEND_RESULTS_TO.caller,
): Message {
  const open = beginCall(id, target, { interfaceId: Everything$Client.interfaceId, methodId }, sendResultsTo);
  fill(open);
  return open.message;
}

/** Parameters or results of `dataWords` words and one capability, which the table describes. */
export function oneCap(descriptor: Descriptor, dataWords = 0): (open: OpenCall) => void {
  return ({ message, content, payloadAt }) => {
    const segment = message.first;
    const at = segment.allocate(dataWords * 8 + 8);
    segment.view.setInt32(content.at, ((at - content.at - 8) / 8) << 2, true);
    segment.view.setUint32(content.at + 4, 0x0001_0000 | dataWords, true);
    segment.view.setUint32(at + dataWords * 8, 3, true);
    writeCapTable(segment, payloadAt, [descriptor]);
  };
}

/** The Return of a call, with results. */
export function resultsMessage(id: number, fill: (open: OpenCall) => void): Message {
  const open = beginResults(id);
  fill(open);
  return open.message;
}

const KIND_OF = new Map<number, string>(Object.entries(MESSAGE).map(([kind, number]) => [number, kind]));

function describeMessage(message: Message): Received {
  const top = root(message);
  const kind = KIND_OF.get(getUint16(0, top)) ?? `unknown ${getUint16(0, top)}`;
  const inner = member(top);
  return { kind, id: getUint32(0, inner), detail: detailOf(kind, inner) };
}

function detailOf(kind: string, inner: AnyStruct): string {
  switch (kind) {
    case 'abort':
      return readException(inner, 1_000).message;
    case 'return': {
      const which = getUint16(6, inner);
      const released = getBit(32, inner, true) ? ', parameters released' : '';
      if (which !== 1)
        return `${['results', 'exception', 'canceled', 'elsewhere', 'take from'][which] ?? 'unknown'}${released}`;
      const { type, message } = readException(member(inner), 1_000);
      return `${type}: ${message}`;
    }
    case 'call':
      return `of method ${getUint16(4, inner)}${getUint16(6, inner) === SEND_RESULTS_TO.yourself ? ', keep results' : ''}`;
    case 'disembargo':
      return ['of the sender', 'of the receiver'][getUint16(4, inner)] ?? 'unknown';
    case 'finish':
      return getBit(32, inner, true) ? 'release results' : 'keep results';
    case 'release':
      return `${getUint32(4, inner)} references`;
    default:
      return '';
  }
}
