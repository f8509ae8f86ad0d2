import { receiveCaps } from './cap-descriptors.ts';
import { getUint16, getUint32, getUint64 } from './capnp/data-fields.ts';
import type { Message } from './capnp/message.ts';
import { Pointer } from './capnp/pointer.ts';
import { pointerAt, type Struct } from './capnp/struct.ts';
import { SEND_RESULTS_TO } from './envelope.ts';
import { beginResults, initContent } from './envelope-write.ts';
import type { CallRequest, Hook } from './hook.ts';
import { member, targetHook } from './inbound.ts';
import { InboundAnswer } from './inbound-answer.ts';
import { wayBack } from './inbound-disembargo.ts';
import { KeptResults } from './kept-results.ts';
import { LocalHook, unimplemented } from './local-hook.ts';
import { ask } from './outbound-call.ts';
import { Question } from './question.ts';
import { RpcError, type RpcErrorType } from './rpc-error.ts';
import type { Session } from './session.ts';

function openAnswer(session: Session, id: number, params: Message | undefined, bytes: number): InboundAnswer {
  const { answers, limits } = session;
  if (answers.has(id)) session.violation(`question ${id} is in use`);
  if (answers.size >= limits.answers) session.violation(`more than ${limits.answers} answers not finished`);
  const answer = new InboundAnswer(session, id, params, bytes);
  answers.set(id, answer);
  return answer;
}

export function handleBootstrap(session: Session, bootstrap: Struct): void {
  const answer = openAnswer(session, getUint32(0, bootstrap), undefined, 0);
  try {
    const main = session.main();
    if (main === undefined) throw new RpcError('failed', 'Cannot bootstrap: this side offers no object');
    const open = beginResults(answer.id);
    open.content.setClient(main);
    answer.succeed(open);
  } catch (error) {
    answer.fail(error);
  }
}

export function handleCall(session: Session, message: Message, call: Struct, byteCount: number): void {
  const payload = member(call, 1);
  const target = member(call, 0);
  // Looked up first: a promised answer must not find this very call.
  const hook = targetHook(session, target);
  try {
    const answer = openAnswer(session, getUint32(0, call), message, byteCount);
    take(session, hook, { message, call, payload, answer });
  } finally {
    hook.release();
  }
}

type Arrived = {
  readonly message: Message;
  readonly call: Struct;
  readonly payload: Struct;
  readonly answer: InboundAnswer;
};

function take(session: Session, hook: Hook, { message, call, payload, answer }: Arrived): void {
  try {
    receiveCaps(session, message, payload);
    const request: CallRequest = {
      interfaceId: getUint64(8, call),
      methodId: getUint16(4, call),
      params: { kind: 'message', content: new Pointer(payload._segment, pointerAt(0, payload), payload._depth) },
    };
    const sendResultsTo = getUint16(6, call);
    const refusal = refuse(session, sendResultsTo);
    if (sendResultsTo === SEND_RESULTS_TO.yourself) answer.kept = new KeptResults(answer);
    if (refusal !== undefined) {
      hook.resolved().missed?.(request, refusal);
      answer.fail(refusal);
    } else dispatch(session, hook.resolved(), request, answer);
  } catch (error) {
    answer.abandon();
    throw error;
  }
}

function refuse(session: Session, sendResultsTo: number): RpcError | undefined {
  const { limits } = session;
  if (session.inFlightCalls > limits.inFlightCalls) {
    return refusal('overloaded', `${limits.inFlightCalls} are running`);
  }
  if (session.inFlightBytes > limits.inFlightBytes) {
    return refusal('overloaded', `running calls hold ${limits.inFlightBytes} bytes of parameters`);
  }
  if (sendResultsTo > SEND_RESULTS_TO.yourself) {
    return refusal('unimplemented', 'results to a third party are level 3');
  }
  return undefined;
}

function refusal(type: RpcErrorType, reason: string): RpcError {
  return new RpcError(type, `Cannot run call: ${reason}`, { mayHaveRun: false });
}

function dispatch(session: Session, hook: Hook, request: CallRequest, answer: InboundAnswer): void {
  if (hook instanceof LocalHook && hook.ready) {
    runMethod(hook, request, answer);
    return;
  }
  if (hook.session === session && answer.kept === undefined) {
    // A call on something the peer itself hosts is sent back, and its results stay there.
    hook.markUsed?.();
    const target = wayBack(hook);
    const question = target === undefined ? undefined : ask(session, target, request, SEND_RESULTS_TO.yourself);
    if (question instanceof Question) {
      answer.reflect(question);
      return;
    }
    if (question !== undefined) {
      answer.follow(question);
      return;
    }
  }
  answer.follow(hook.call(request));
}

/** The common case: a method of an object here, its results written straight into the Return. */
function runMethod(hook: LocalHook, request: CallRequest, answer: InboundAnswer): void {
  const method = hook.server.method(request.interfaceId, request.methodId);
  if (method === undefined || request.params.kind !== 'message') {
    answer.fail(unimplemented(hook.server, request));
    return;
  }
  const open = beginResults(answer.id);
  hook.run({
    method,
    params: request.params.content,
    results: () => initContent(open, method.ResultsClass),
    scope: answer.scope,
    done: () => answer.succeed(open),
    failed: (error) => {
      open.message.releaseCaps();
      answer.fail(error);
    },
  });
}
