import { BrokenHook } from './broken-hook.ts';
import { answerCap, receiveCap } from './cap-descriptors.ts';
import { getBit, getUint16, getUint32 } from './capnp/data-fields.ts';
import type { Message } from './capnp/message.ts';
import { AnyStruct, pointerAt, type Struct, structAt } from './capnp/struct.ts';
import { DESCRIPTOR, MESSAGE } from './envelope.ts';
import { unimplementedMessage } from './envelope-write.ts';
import type { Hook } from './hook.ts';
import { ImportHook } from './import-hook.ts';
import { handleBootstrap, handleCall } from './inbound-call.ts';
import { handleDisembargo } from './inbound-disembargo.ts';
import { handleReturn, readException } from './inbound-return.ts';
import { RpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/** Does what one received message asks. Throws when the peer broke the rules; the connection is aborted then. */
export function handleMessage(session: Session, message: Message, byteCount: number): void {
  const top = root(message);
  const which = getUint16(0, top);
  if (which !== MESSAGE.unimplemented && which !== MESSAGE.obsoleteSave) session.activeAt = session.timer.now();
  switch (which) {
    case MESSAGE.call:
      handleCall(session, message, member(top), byteCount);
      break;
    case MESSAGE.return:
      handleReturn(session, message, member(top));
      break;
    case MESSAGE.finish:
      handleFinish(session, member(top));
      break;
    case MESSAGE.bootstrap:
      handleBootstrap(session, member(top));
      break;
    case MESSAGE.release:
      handleRelease(session, member(top));
      break;
    case MESSAGE.resolve:
      handleResolve(session, member(top));
      break;
    case MESSAGE.disembargo:
      handleDisembargo(session, message, member(top));
      break;
    case MESSAGE.abort:
      session.shutdown(peerAborted(member(top)));
      break;
    case MESSAGE.unimplemented:
      handleUnimplemented(session, member(top));
      break;
    default:
      session.send(unimplementedMessage(message));
  }
}

/** The `Message` struct of a received message. */
export function root(message: Message): AnyStruct {
  const { first } = message;
  const found = structAt(AnyStruct, first, first.start, message.nesting);
  return found ?? message.malformed('Cannot read message: it is null');
}

/** The struct a message's union holds; a null pointer reads as a struct of defaults, as everywhere in the format. */
export function member(holder: Struct, index = 0): AnyStruct {
  const found = structAt(AnyStruct, holder._segment, pointerAt(index, holder), holder._depth);
  return found ?? new AnyStruct(holder._segment, 0, 0, 0, holder._depth);
}

function peerAborted(exception: Struct): RpcError {
  return new RpcError('disconnected', `The peer ended the connection: ${readException(exception, 4_096).message}`);
}

function handleFinish(session: Session, finish: Struct): void {
  const id = getUint32(0, finish);
  const answer = session.answers.get(id);
  if (answer === undefined || answer.finished) session.violation(`Finish for question ${id} that is not open`);
  else answer.finish(getBit(32, finish, true));
}

function handleRelease(session: Session, release: Struct): void {
  const id = getUint32(0, release);
  if (!session.exports.release(id, getUint32(4, release))) session.violation(`Release of capability ${id} not held`);
}

function handleResolve(session: Session, resolve: Struct): void {
  const id = getUint32(0, resolve);
  const which = getUint16(4, resolve);
  if (which > 1) session.violation(`Resolve of unknown kind ${which}`);
  const hook = which === 1 ? brokenBy(resolve) : (receiveCap(session, member(resolve)) ?? nullCapability());
  const promise = session.imports.get(id);
  if (promise === undefined) {
    hook.release();
    return;
  }
  if (!promise.isPromise) {
    hook.release();
    session.violation(`Resolve of capability ${id} that is no promise`);
  }
  if (hook.resolved() === promise) {
    hook.release();
    session.violation(`Resolve of promise ${id} to itself`);
  }
  if (hook instanceof ImportHook && hook.isPromise) {
    hook.hops = promise.hops + 1;
    if (hook.hops > session.limits.nesting) {
      hook.release();
      session.violation(`${hook.hops} promises in a row resolve to promises`);
    }
  }
  promise.resolve(hook);
}

function brokenBy(resolve: Struct): Hook {
  return new BrokenHook(readException(member(resolve), 4_096));
}

function nullCapability(): Hook {
  return new BrokenHook(new RpcError('failed', 'Cannot call: the capability is null'));
}

/** The capability a MessageTarget names, with one reference. */
export function targetHook(session: Session, target: Struct): Hook {
  const which = getUint16(4, target);
  if (which === 1) return answerCap(session, target, 0);
  if (which !== 0) return session.violation(`message target of unknown kind ${which}`);
  const id = getUint32(0, target);
  const { hook } = session.exports.get(id) ?? session.violation(`capability ${id} is not exported`);
  hook.addRef();
  return hook;
}

/** The peer did not understand a message of ours. Only calls and resolutions leave something to clean up. */
function handleUnimplemented(session: Session, original: Struct): void {
  const inner = member(original);
  switch (getUint16(0, original)) {
    case MESSAGE.bootstrap:
    case MESSAGE.call: {
      const question = session.questions.get(getUint32(0, inner));
      if (question === undefined || question.returned) session.violation('unimplemented call that was not made');
      else if (question.canceled) question.endCanceled();
      else question.reject(new RpcError('unimplemented', 'The peer does not know this kind of call', { remote: true }));
      return;
    }
    case MESSAGE.resolve: {
      const descriptor = member(inner);
      const kind = getUint16(0, descriptor);
      const hosted = kind === DESCRIPTOR.senderHosted || kind === DESCRIPTOR.senderPromise;
      if (getUint16(4, inner) === 0 && hosted) session.exports.release(getUint32(4, descriptor), 1);
      return;
    }
    default:
      return;
  }
}
