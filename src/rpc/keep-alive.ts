import { pingMessage } from './envelope-write.ts';
import { RpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/**
 * Watches a connection's silence. One timer for each connection, set anew when it fires rather than on each message.
 *
 *     quiet for keepAliveMs ──> a sign of life is asked for ──nothing for keepAliveTimeoutMs──> disconnected
 *     nothing in use for idleMs ──> closed
 */
export function watchSilence(session: Session): () => void {
  const { keepAliveMs, keepAliveTimeoutMs, idleMs } = session.limits;
  const { timer } = session;
  if (keepAliveMs === 0 && idleMs === 0) return () => undefined;
  let takeBack: () => void = () => undefined;
  let asked: { readonly at: number; readonly heardCount: number } | undefined;

  const check = (): void => {
    if (session.closed) return;
    const now = timer.now();
    if (inUse(session)) session.activeAt = now;
    const idleLeft = idleMs === 0 ? Number.POSITIVE_INFINITY : session.activeAt + idleMs - now;
    if (idleLeft <= 0) {
      session.abort(new RpcError('disconnected', `Nothing was in use for ${idleMs} ms`));
      return;
    }
    const aliveLeft = keepAliveMs === 0 ? Number.POSITIVE_INFINITY : untilNextStep(now);
    if (aliveLeft <= 0) {
      session.abort(new RpcError('disconnected', `The peer gave no sign of life for ${keepAliveTimeoutMs} ms`));
      return;
    }
    takeBack = timer.after(Math.min(idleLeft, aliveLeft), check);
  };

  /** Time until there is something to do about the peer's silence; 0: it is over. */
  const untilNextStep = (now: number): number => {
    if (asked !== undefined && session.heardCount > asked.heardCount) asked = undefined;
    if (asked !== undefined) return asked.at + keepAliveTimeoutMs - now;
    const quietLeft = session.heardAt + keepAliveMs - now;
    if (quietLeft > 0) return quietLeft;
    session.send(pingMessage());
    asked = { at: now, heardCount: session.heardCount };
    return keepAliveTimeoutMs;
  };

  check();
  return () => takeBack();
}

function inUse(session: Session): boolean {
  return session.questions.size > 0 || session.answers.size > 0;
}
