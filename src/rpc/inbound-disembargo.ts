import { getUint16, getUint32 } from './capnp/data-fields.ts';
import type { Message } from './capnp/message.ts';
import type { Struct } from './capnp/struct.ts';
import { DISEMBARGO, type Target } from './envelope.ts';
import { disembargoMessage, unimplementedMessage } from './envelope-write.ts';
import type { Hook } from './hook.ts';
import { ImportHook } from './import-hook.ts';
import { member, targetHook } from './inbound.ts';
import { PipelineHook } from './pipeline-hook.ts';
import { toRpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/** The target of an echo is there for the eye only: the embargo's number is what counts. */
const NOWHERE: Target = { kind: 'import', id: 0 };

export function handleDisembargo(session: Session, message: Message, disembargo: Struct): void {
  const id = getUint32(0, disembargo);
  switch (getUint16(4, disembargo)) {
    case DISEMBARGO.receiverLoopback:
      if (!session.embargoes.lift(id)) session.violation(`Disembargo of unknown embargo ${id}`);
      return;
    case DISEMBARGO.senderLoopback:
      echo(session, targetHook(session, member(disembargo)), id);
      return;
    default:
      session.send(unimplementedMessage(message));
  }
}

/**
 * Sends a Disembargo back behind the calls that went before it. What it is aimed at has to be something that goes back
 * to the peer. Where that is not known yet, because calls wait here for an embargo of another connection to be lifted,
 * the echo waits behind them. Takes over one reference to `hook`.
 */
function echo(session: Session, hook: Hook, id: number): void {
  const innermost = hook.resolved();
  const back = innermost.session === session ? wayBack(innermost) : undefined;
  if (back !== undefined || innermost.brokenBy !== undefined) {
    session.send(disembargoMessage(back ?? NOWHERE, DISEMBARGO.receiverLoopback, id));
    hook.release();
    return;
  }
  const { whenResolved } = innermost;
  const giveUp = (): void => hook.release();
  if (whenResolved === undefined) {
    giveUp();
    session.violation('Disembargo of something that does not point back');
  }
  const echoNow = (): void => {
    if (session.closed) {
      giveUp();
      return;
    }
    try {
      echo(session, hook, id);
    } catch (error) {
      // This runs while something else resolves, maybe another connection, which is not to blame.
      session.abort(toRpcError(error));
    }
  };
  session.embargoes.awaitEcho(whenResolved, echoNow, giveUp);
}

/** How the peer names what it hosts itself. */
export function wayBack(hook: Hook): Target | undefined {
  if (hook instanceof ImportHook) return { kind: 'import', id: hook.id };
  if (hook instanceof PipelineHook) return { kind: 'answer', questionId: hook.questionId, path: hook.path };
  return undefined;
}
