import { writeCapTable } from '../cap-write.ts';
import type { Message } from '../capnp/message.ts';
import { type Descriptor, DISEMBARGO, RETURN, type Target } from '../envelope.ts';
import {
  disembargoMessage,
  emptyReturn,
  finishMessage,
  type OpenCall,
  releaseMessage,
  resolveMessage,
  unimplementedMessage,
} from '../envelope-write.ts';
import { callMessage, oneCap, type RawPeer } from './raw-peer.ts';

/** Method numbers of everything.capnp. */
const EMPTY = 0;
const ECHO_SINK = 5;
const HANG = 7;

const MAIN: Target = { kind: 'import', id: 0 };

/** Where our messages have what is made wrong here: the structs lie in the order of envelope-write.ts. */
const CALL_TARGET_AT = 72;
const PATH_AT = 128;
const DESCRIPTOR_AT = 112;
const RESOLVE_AT = 24;

/** A table of one capability no pointer refers to. */
const capTable =
  (descriptor: Descriptor) =>
  ({ message, payloadAt }: OpenCall): void =>
    writeCapTable(message.first, payloadAt, [descriptor]);

/** A message with 16 bits of it changed. */
function patched(message: Message, at: number, value: number): Message {
  message.first.view.setUint16(at, value, true);
  return message;
}

export type Offence = readonly [what: string, reason: RegExp, offend: (peer: RawPeer) => void];

/**
 * What a peer does wrong by the rules of the protocol, and the reason the connection has to end with. It has the main object as capability 0, and
 * has not answered the bootstrap it was asked for as question 0.
 */
export const OFFENCES: readonly Offence[] = [
  [
    'a Return for a question that was not asked',
    /Return for question 77/,
    (p) => p.send(emptyReturn(77, RETURN.canceled)),
  ],
  ['a Finish for a question that was not asked', /Finish for question 77/, (p) => p.send(finishMessage(77, true))],
  [
    'a second Finish for one question',
    /Finish for question 1 /,
    (p) => {
      p.send(callMessage(1, MAIN, HANG));
      p.send(finishMessage(1, true));
      p.send(finishMessage(1, true));
    },
  ],
  ['a Release of a capability it does not hold', /Release of capability 9/, (p) => p.send(releaseMessage(9, 1))],
  ['a Release of more references than it holds', /Release of capability 0/, (p) => p.send(releaseMessage(0, 2))],
  [
    'a Resolve of a capability that is no promise',
    /Resolve of capability 5/,
    (p) => {
      p.send(callMessage(1, MAIN, HANG, capTable({ which: 'senderHosted', id: 5 })));
      p.send(resolveMessage(5, { cap: { which: 'receiverHosted', id: 0 } }));
    },
  ],
  [
    'a promise that resolves to itself',
    /promise 5 to itself/,
    (p) => {
      p.send(callMessage(1, MAIN, HANG, capTable({ which: 'senderPromise', id: 5 })));
      p.send(resolveMessage(5, { cap: { which: 'senderPromise', id: 5 } }));
    },
  ],
  [
    'a chain of promises without end',
    /65 promises in a row/,
    (p) => {
      p.send(callMessage(1, MAIN, HANG, capTable({ which: 'senderPromise', id: 5 })));
      for (let id = 5; id < 80; id++) p.send(resolveMessage(id, { cap: { which: 'senderPromise', id: id + 1 } }));
    },
  ],
  [
    'a Disembargo nobody waits for',
    /unknown embargo 3/,
    (p) => p.send(disembargoMessage(MAIN, DISEMBARGO.receiverLoopback, 3)),
  ],
  [
    'a Disembargo of what does not point back',
    /does not point back/,
    (p) => p.send(disembargoMessage(MAIN, DISEMBARGO.senderLoopback, 3)),
  ],
  [
    'a call on a capability it does not hold',
    /capability 8 is not exported/,
    (p) => p.send(callMessage(1, { kind: 'import', id: 8 }, EMPTY)),
  ],
  [
    'a call on an answer that does not exist',
    /promised answer 8 does not exist/,
    (p) => p.send(callMessage(1, { kind: 'answer', questionId: 8, path: [0] }, EMPTY)),
  ],
  [
    'a call on its own answer',
    /promised answer 1 does not exist/,
    (p) => p.send(callMessage(1, { kind: 'answer', questionId: 1, path: [0] }, EMPTY)),
  ],
  [
    'a question id that is in use',
    /question 1 is in use/,
    (p) => {
      p.send(callMessage(1, MAIN, HANG));
      p.send(callMessage(1, MAIN, HANG));
    },
  ],
  [
    'a parameter that names a capability it does not hold',
    /receiverHosted 6/,
    (p) => p.send(callMessage(1, MAIN, ECHO_SINK, oneCap({ which: 'receiverHosted', id: 6 }))),
  ],
  [
    'results taken from a question that does not exist',
    /results of question 9 are not kept/,
    (p) => p.send(emptyReturn(0, RETURN.takeFromOtherQuestion, 9)),
  ],
  [
    'results taken from a question whose results it got itself',
    /results of question 1 are not kept/,
    (p) => {
      p.send(callMessage(1, MAIN, EMPTY));
      p.send(emptyReturn(0, RETURN.takeFromOtherQuestion, 1));
    },
  ],
  [
    'results sent elsewhere that nobody asked to be',
    /question 0 sent elsewhere, unasked/,
    (p) => p.send(emptyReturn(0, RETURN.resultsSentElsewhere)),
  ],
  [
    'not understanding a call that was not made',
    /unimplemented call that was not made/,
    (p) => p.send(unimplementedMessage(callMessage(9, MAIN, EMPTY))),
  ],
  [
    'a call on a target of unknown kind',
    /target of unknown kind 7/,
    (p) => p.send(patched(callMessage(1, MAIN, EMPTY), CALL_TARGET_AT + 4, 7)),
  ],
  [
    'a call on an answer it does not name',
    /promised answer is missing/,
    (p) => p.send(patched(callMessage(1, MAIN, EMPTY), CALL_TARGET_AT + 4, 1)),
  ],
  [
    'a path step of unknown kind',
    /path step of unknown kind 7/,
    (p) => {
      p.send(callMessage(1, MAIN, HANG));
      p.send(patched(callMessage(2, { kind: 'answer', questionId: 1, path: [0] }, EMPTY), PATH_AT, 7));
    },
  ],
  [
    'a Resolve of unknown kind',
    /Resolve of unknown kind 7/,
    (p) => p.send(patched(resolveMessage(5, { cap: { which: 'none' } }), RESOLVE_AT + 4, 7)),
  ],
  [
    'a capability of a third party without its vine',
    /thirdPartyHosted without/,
    (p) => p.send(patched(callMessage(1, MAIN, HANG, capTable({ which: 'none' })), DESCRIPTOR_AT, 5)),
  ],
];
