import { brokenAnswer, dropParams } from './broken-hook.ts';
import { type Described, describeCaps, writeDescribed } from './cap-descriptors.ts';
import type { Target } from './envelope.ts';
import { beginCall, initContent, type OpenCall } from './envelope-write.ts';
import type { Answer, CallRequest } from './hook.ts';
import { recycle } from './message-pool.ts';
import { Question } from './question.ts';
import { RpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/** Sends a call on something the peer hosts; a broken answer if it cannot leave. */
export function ask(session: Session, target: Target, request: CallRequest, sendResultsTo: number): Question | Answer {
  const refusal = refusalOf(session, request);
  if (refusal !== undefined) {
    dropParams(request);
    return brokenAnswer(refusal.error);
  }
  const { questions } = session;
  const id = questions.takeId();
  const open = beginCall(id, target, request, sendResultsTo);
  let described: Described;
  try {
    writeParams(open, request);
    // Filling in may have run any code: it may have closed the connection, or canceled this very call.
    if (session.closed) throw session.closedError();
    request.signal?.throwIfAborted();
    described = describeCaps(session, open.message);
  } catch (error) {
    open.message.releaseCaps();
    dropParams(request);
    questions.giveBack(id);
    return brokenAnswer(error);
  }
  dropParams(request);
  const question = new Question(session, id, request.signal);
  question.paramExports = described.exports;
  questions.add(question);
  writeDescribed(open, described);
  session.activeAt = session.timer.now();
  session.push(open.message);
  open.message.releaseCaps();
  recycle(open.message);
  return question;
}

/** Why the call is not even filled in. */
function refusalOf(session: Session, request: CallRequest): { error: unknown } | undefined {
  const { limits } = session;
  if (session.closed) return { error: session.closedError() };
  if (request.signal?.aborted === true) return { error: request.signal.reason };
  if (session.questions.size >= limits.questions)
    return { error: notSent(`${limits.questions} calls wait for answers`) };
  if (session.bufferedBytes > limits.outboundBytes / 2)
    return { error: notSent('the peer does not read what was sent') };
  return undefined;
}

function notSent(reason: string): RpcError {
  return new RpcError('overloaded', `Cannot call: ${reason}`, { mayHaveRun: false });
}

function writeParams(open: OpenCall, request: CallRequest): void {
  const { params } = request;
  if (params.kind === 'message') open.content.set(params.content);
  else {
    const struct = initContent(open, params.method.ParamsClass);
    params.fill?.(struct);
  }
}
