import { describe } from './cap-descriptors.ts';
import { resolveMessage } from './envelope-write.ts';
import type { Export } from './exports.ts';
import { toRpcError } from './rpc-error.ts';
import type { Session } from './session.ts';

/** Tells the peer what a promise it holds has become, once that is known and if it still holds it. */
export function watchPromise(session: Session, id: number, entry: Export): void {
  entry.unwatch = entry.hook.whenResolved?.(() => {
    if (session.closed || session.exports.get(id) !== entry) return;
    const hook = entry.hook.resolved();
    session.exports.replace(id, hook);
    if (hook.whenResolved !== undefined && hook.session !== session) watchPromise(session, id, entry);
    else sendResolve(session, id, entry);
  });
}

function sendResolve(session: Session, id: number, entry: Export): void {
  const { hook } = entry;
  const { reasonChars } = session.limits;
  if (hook.brokenBy !== undefined) {
    session.send(resolveMessage(id, { error: toRpcError(hook.brokenBy), reasonChars }));
    return;
  }
  const afterwards: (() => void)[] = [];
  try {
    session.send(resolveMessage(id, { cap: describe(session, hook, afterwards) }));
    for (const watch of afterwards) watch();
  } catch (error) {
    session.send(resolveMessage(id, { error: toRpcError(error), reasonChars }));
  }
}
