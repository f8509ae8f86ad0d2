import type { Duplex } from 'node:stream';
import { getBit, getUint16, getUint32 } from '../capnp/data-fields.ts';
import type { Message } from '../capnp/message.ts';
import type { AnyStruct } from '../capnp/struct.ts';
import { MESSAGE, SEND_RESULTS_TO, type Target } from '../envelope.ts';
import { beginCall, type OpenCall } from '../envelope-write.ts';
import { FrameReader } from '../frame-reader.ts';
import { member, root } from '../inbound.ts';
import { readException } from '../inbound-return.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { eventually } from './eventually.ts';
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

  /** The first message of this kind, waited for. */
  async next(kind: string): Promise<Received> {
    const found = (): Received | undefined => this.received.find((message) => message.kind === kind);
    await eventually(() => found() !== undefined || this.ended);
    const message = found();
    if (message === undefined) throw new Error(`No ${kind} came, but ${JSON.stringify(this.received)}`);
    return message;
  }
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
    case 'finish':
      return getBit(32, inner, true) ? 'release results' : 'keep results';
    case 'release':
      return `${getUint32(4, inner)} references`;
    default:
      return '';
  }
}
