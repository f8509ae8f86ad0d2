import { writeDescriptor, writeTarget } from './cap-write.ts';
import { Message } from './capnp/message.ts';
import { Pointer } from './capnp/pointer.ts';
import type { Segment } from './capnp/segment.ts';
import { initStructAtOffset, type Struct, type StructClass, writeStructPointer } from './capnp/struct.ts';
import { writeText } from './capnp/text.ts';
import { type Descriptor, MESSAGE, NOT_BEGUN, RETURN, type Target } from './envelope.ts';
import { takeMemory } from './message-pool.ts';
import { RPC_ERROR_TYPES, type RpcError } from './rpc-error.ts';

/**
 * Writing the structs of rpc.capnp straight into memory. Offsets are those of the schema (`capnp compile -ocapnp`
 * prints them); every message we send has one segment and its structs lie in the order they are begun here.
 */
/** Root pointer, `Message` struct and the pointer to its only member. */
const MEMBER_AT = 16;
const CALL_AT = 24;
const CALL_TARGET_AT = 72;
const CALL_PAYLOAD_AT = 88;
const CALL_HEAD_BYTES = 104;
const RETURN_AT = 24;
const RETURN_PAYLOAD_AT = 48;
const RETURN_HEAD_BYTES = 64;

function begin(which: number, headBytes: number): Segment {
  const segment = Message.build(takeMemory()).first;
  segment.allocate(headBytes);
  segment.view.setUint32(4, 0x0001_0001, true);
  segment.view.setUint16(8, which, true);
  return segment;
}

/** A `Message` whose member is a struct of these sections, right behind it. */
function beginMember(which: number, dataBytes: number, pointerCount: number): Segment {
  const segment = begin(which, CALL_AT + dataBytes + pointerCount * 8);
  writeStructPointer(segment, MEMBER_AT, CALL_AT, dataBytes, pointerCount);
  return segment;
}

export type OpenCall = { readonly message: Message; readonly content: Pointer; readonly payloadAt: number };

export function beginCall(
  questionId: number,
  target: Target,
  method: { readonly interfaceId: bigint; readonly methodId: number },
  sendResultsTo: number,
): OpenCall {
  const segment = begin(MESSAGE.call, CALL_HEAD_BYTES);
  const { view } = segment;
  writeStructPointer(segment, MEMBER_AT, CALL_AT, 24, 3);
  view.setUint32(CALL_AT, questionId, true);
  view.setUint16(CALL_AT + 4, method.methodId, true);
  view.setUint16(CALL_AT + 6, sendResultsTo, true);
  view.setBigUint64(CALL_AT + 8, method.interfaceId, true);
  writeStructPointer(segment, CALL_AT + 24, CALL_TARGET_AT, 8, 1);
  writeStructPointer(segment, CALL_AT + 32, CALL_PAYLOAD_AT, 0, 2);
  writeTarget(segment, CALL_TARGET_AT, target);
  const { message } = segment;
  return { message, content: new Pointer(segment, CALL_PAYLOAD_AT, message.nesting), payloadAt: CALL_PAYLOAD_AT };
}

/** A `Return` with results still to be written at `content`. */
export function beginResults(answerId: number): OpenCall {
  const segment = begin(MESSAGE.return, RETURN_HEAD_BYTES);
  writeReturnHead(segment, answerId, RETURN.results);
  writeStructPointer(segment, RETURN_AT + 16, RETURN_PAYLOAD_AT, 0, 2);
  const { message } = segment;
  return { message, content: new Pointer(segment, RETURN_PAYLOAD_AT, message.nesting), payloadAt: RETURN_PAYLOAD_AT };
}

function writeReturnHead(segment: Segment, answerId: number, which: number): void {
  writeStructPointer(segment, MEMBER_AT, RETURN_AT, 16, 1);
  segment.view.setUint32(RETURN_AT, answerId, true);
  // releaseParamCaps is true by default and stored inverted: we release what we received one by one.
  segment.view.setUint8(RETURN_AT + 4, 1);
  segment.view.setUint16(RETURN_AT + 6, which, true);
}

export function initContent<T extends Struct>(open: OpenCall, Class: StructClass<T>): T {
  return initStructAtOffset(Class, open.message.first, open.payloadAt);
}

/** A `Return` without results. `other` is the question of takeFromOtherQuestion. */
export function emptyReturn(answerId: number, which: number, other = 0): Message {
  const segment = begin(MESSAGE.return, RETURN_AT + 24);
  writeReturnHead(segment, answerId, which);
  segment.view.setUint32(RETURN_AT + 8, other, true);
  return segment.message;
}

export function exceptionReturn(answerId: number, error: RpcError, reasonChars: number): Message {
  const segment = begin(MESSAGE.return, RETURN_AT + 24);
  writeReturnHead(segment, answerId, RETURN.exception);
  const data = writeException(segment, RETURN_AT + 16, error, reasonChars);
  if (!error.mayHaveRun) segment.view.setUint16(data + 2, NOT_BEGUN, true);
  return segment.message;
}

/** Answers where the struct lies. */
function writeException(segment: Segment, at: number, error: RpcError, reasonChars: number): number {
  const data = segment.allocate(24);
  writeStructPointer(segment, at, data, 8, 2);
  segment.view.setUint16(data + 4, RPC_ERROR_TYPES.indexOf(error.type), true);
  writeText(segment, data + 8, error.message.slice(0, reasonChars));
  return data;
}

export function abortMessage(error: RpcError, reasonChars: number): Message {
  const segment = begin(MESSAGE.abort, CALL_AT);
  writeException(segment, MEMBER_AT, error, reasonChars);
  return segment.message;
}

export function finishMessage(questionId: number, releaseResultCaps: boolean): Message {
  const segment = beginMember(MESSAGE.finish, 8, 0);
  segment.view.setUint32(CALL_AT, questionId, true);
  segment.view.setUint8(CALL_AT + 4, releaseResultCaps ? 0 : 1);
  return segment.message;
}

export function releaseMessage(id: number, count: number): Message {
  const segment = beginMember(MESSAGE.release, 8, 0);
  segment.view.setUint32(CALL_AT, id, true);
  segment.view.setUint32(CALL_AT + 4, count, true);
  return segment.message;
}

export function bootstrapMessage(questionId: number): Message {
  const segment = beginMember(MESSAGE.bootstrap, 8, 1);
  segment.view.setUint32(CALL_AT, questionId, true);
  return segment.message;
}

/** Any peer answers this obsolete request with `unimplemented` and does nothing else: a sign of life. */
export function pingMessage(): Message {
  return begin(MESSAGE.obsoleteSave, CALL_AT).message;
}

export function disembargoMessage(target: Target, which: number, embargoId: number): Message {
  const segment = beginMember(MESSAGE.disembargo, 8, 1);
  segment.view.setUint32(CALL_AT, embargoId, true);
  segment.view.setUint16(CALL_AT + 4, which, true);
  const at = segment.allocate(16);
  writeStructPointer(segment, CALL_AT + 8, at, 8, 1);
  writeTarget(segment, at, target);
  return segment.message;
}

export function resolveMessage(
  promiseId: number,
  resolution: { readonly cap: Descriptor } | { readonly error: RpcError; readonly reasonChars: number },
): Message {
  const segment = beginMember(MESSAGE.resolve, 8, 1);
  segment.view.setUint32(CALL_AT, promiseId, true);
  if ('cap' in resolution) {
    const at = segment.allocate(16);
    writeStructPointer(segment, CALL_AT + 8, at, 8, 1);
    writeDescriptor(segment, at, resolution.cap);
  } else {
    segment.view.setUint16(CALL_AT + 4, 1, true);
    writeException(segment, CALL_AT + 8, resolution.error, resolution.reasonChars);
  }
  return segment.message;
}

/** Sends a message back as not understood. */
export function unimplementedMessage(original: Message): Message {
  const segment = begin(MESSAGE.unimplemented, CALL_AT);
  new Pointer(segment, MEMBER_AT, original.nesting).set(
    new Pointer(original.first, original.first.start, original.nesting),
  );
  return segment.message;
}
