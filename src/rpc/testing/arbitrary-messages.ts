import * as fc from 'fast-check';
import { writeCapTable } from '../cap-write.ts';
import type { Message } from '../capnp/message.ts';
import { type Descriptor, DISEMBARGO, type Target } from '../envelope.ts';
import {
  bootstrapMessage,
  disembargoMessage,
  emptyReturn,
  exceptionReturn,
  finishMessage,
  releaseMessage,
  resolveMessage,
} from '../envelope-write.ts';
import { RpcError } from '../rpc-error.ts';
import { callMessage, frame } from './raw-peer.ts';

/** Ids are few, so that messages often hit something that exists. */
const id = fc.nat(5);
const path = fc.array(fc.nat(2), { maxLength: 3 });
const target: fc.Arbitrary<Target> = fc.oneof(
  id.map((n) => ({ kind: 'import', id: n }) as const),
  fc.tuple(id, path).map(([questionId, steps]) => ({ kind: 'answer', questionId, path: steps }) as const),
);
const descriptor: fc.Arbitrary<Descriptor> = fc.oneof(
  fc.constant({ which: 'none' } as const),
  fc
    .tuple(fc.constantFrom('senderHosted', 'senderPromise', 'receiverHosted'), id)
    .map(([which, n]) => ({ which, id: n }) as Descriptor),
  fc.tuple(id, path).map(([questionId, steps]) => ({ which: 'receiverAnswer', questionId, path: steps }) as const),
);

const call = fc
  .tuple(id, target, fc.nat(20), fc.array(descriptor, { maxLength: 3 }), fc.nat(2), fc.nat(3))
  .map(([n, to, method, caps, sendResultsTo, pointer]) =>
    callMessage(
      n,
      to,
      method,
      ({ message, content, payloadAt }) => {
        const segment = message.first;
        const at = segment.allocate(24);
        segment.view.setInt32(content.at, ((at - content.at - 8) / 8) << 2, true);
        segment.view.setUint32(content.at + 4, 0x0002_0001, true);
        // The first pointer of the parameters is a capability of the table, or nothing.
        if (pointer > 0) segment.view.setUint32(at + 8, 3, true);
        segment.view.setUint32(at + 12, pointer > 0 ? pointer - 1 : 0, true);
        segment.view.setUint32(at, 5, true);
        if (caps.length > 0) writeCapTable(segment, payloadAt, caps);
      },
      sendResultsTo,
    ),
  );

/** One message of the protocol, often a sensible one. */
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  { weight: 6, arbitrary: call },
  { weight: 2, arbitrary: id.map(bootstrapMessage) },
  { weight: 4, arbitrary: fc.tuple(id, fc.boolean()).map(([n, release]) => finishMessage(n, release)) },
  { weight: 2, arbitrary: fc.tuple(id, fc.nat(2)).map(([n, count]) => releaseMessage(n, count)) },
  { weight: 2, arbitrary: fc.tuple(id, fc.nat(6), id).map(([n, which, other]) => emptyReturn(n, which, other)) },
  { weight: 1, arbitrary: id.map((n) => exceptionReturn(n, new RpcError('failed', 'so be it'), 100)) },
  { weight: 2, arbitrary: fc.tuple(id, descriptor).map(([n, cap]) => resolveMessage(n, { cap })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(target, fc.constantFrom(DISEMBARGO.senderLoopback, DISEMBARGO.receiverLoopback), id)
      .map(([to, which, n]) => disembargoMessage(to, which, n)),
  },
);

/** The same as bytes, which a report of a failure can show. */
export const messageBytes: fc.Arbitrary<string> = anyMessage.map((one) => frame(one).toString('hex'));
