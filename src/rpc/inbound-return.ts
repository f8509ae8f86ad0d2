import { receiveCaps } from './cap-descriptors.ts';
import { getBit, getUint16, getUint32 } from './capnp/data-fields.ts';
import type { Message } from './capnp/message.ts';
import { Pointer } from './capnp/pointer.ts';
import { pointerAt, type Struct } from './capnp/struct.ts';
import { textAt } from './capnp/text.ts';
import { NOT_BEGUN, RETURN } from './envelope.ts';
import type { Answer } from './hook.ts';
import { member } from './inbound.ts';
import type { Question } from './question.ts';
import { RPC_ERROR_TYPES, RpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

export function readException(exception: Struct, reasonChars: number): RpcError {
  const reason = textAt(exception._segment, pointerAt(0, exception)) ?? '';
  const type = RPC_ERROR_TYPES[getUint16(4, exception)] ?? 'failed';
  return new RpcError(type, reason.slice(0, reasonChars), {
    remote: true,
    mayHaveRun: getUint16(2, exception) !== NOT_BEGUN,
  });
}

export function handleReturn(session: Session, message: Message, ret: Struct): void {
  const id = getUint32(0, ret);
  const question = session.questions.get(id);
  if (question === undefined || question.returned) {
    session.violation(`Return for question ${id} that is not open`);
    return;
  }
  if (getBit(32, ret, true)) {
    for (const exported of question.paramExports) session.exports.release(exported, 1);
    question.paramExports = [];
  }
  // Finish has left already and told the peer to release what the results hold.
  if (question.canceled) question.endCanceled();
  else settle(session, message, ret, question);
}

function settle(session: Session, message: Message, ret: Struct, question: Question): void {
  switch (getUint16(6, ret)) {
    case RETURN.results: {
      const payload = member(ret);
      receiveCaps(session, message, payload);
      question.resolve(new Pointer(payload._segment, pointerAt(0, payload), payload._depth));
      return;
    }
    case RETURN.exception:
      question.reject(readException(member(ret), session.limits.reasonChars));
      return;
    case RETURN.canceled:
      question.reject(new RpcError('failed', 'The peer canceled the call', { remote: true }));
      return;
    case RETURN.resultsSentElsewhere:
      if (!question.reflected) session.violation(`results of question ${question.id} sent elsewhere, unasked`);
      question.endTail();
      return;
    case RETURN.takeFromOtherQuestion: {
      const other = getUint32(8, ret);
      const kept = session.answers.get(other)?.kept;
      if (kept === undefined) session.violation(`results of question ${other} are not kept here`);
      else if (comesFrom(kept, question)) {
        session.violation(`results of question ${other} wait for the call that takes them`);
      } else if (kept.take()) question.takeFrom(kept);
      else session.violation(`results of question ${other} were taken already`);
      return;
    }
    default:
      question.reject(new RpcError('unimplemented', 'The results are with a third party, which is level 3'));
  }
}

/** The results are, in the end, those of this call. */
function comesFrom(results: Answer, call: Answer): boolean {
  for (let at: Answer | undefined = results; at !== undefined; at = at.from) if (at === call) return true;
  return false;
}
