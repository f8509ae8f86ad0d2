import { Fault } from '../core/kit/fault.ts';
import type { ApiClient } from './api-client.ts';
import { listAll } from './list-all.ts';

/** What a watcher is told, in order: a whole list first (again after a lost resume point), then each change. */
export type WatchNews<T> =
  | { readonly kind: 'listed'; readonly items: readonly T[] }
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: T };

export interface WatchDeps {
  readonly client: ApiClient;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Pause before a broken stream is resumed: what the server itself proposes with `retry:`. */
const resumeAfterMs = 500;
/** Resumptions without any event between them before the watch is given up. */
const resumesMax = 20;

/**
 * Lists, then follows the changes until `signal` aborts. A broken connection resumes at the last revision seen; where the
 * server no longer keeps it (`relist_required`), the list is read again, so that nothing is missed (spec §4).
 */
export async function* watchList<T>(
  deps: WatchDeps,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): AsyncGenerator<WatchNews<T>> {
  let resumeAt: string | undefined;
  for (let idle = 0; idle < resumesMax; ) {
    try {
      if (resumeAt === undefined) {
        const list = await listAll<T>(deps.client, path, query, signal);
        resumeAt = String(list.revision);
        yield { kind: 'listed', items: list.items };
      }
      const stream = deps.client.follow(path, { query: { ...query, watch: true }, lastEventId: resumeAt, signal });
      for await (const event of stream) {
        idle = 0;
        if (event.id !== null) resumeAt = event.id;
        const data = JSON.parse(event.data) as { readonly type: string; readonly object: T };
        if (data.type === 'added' || data.type === 'modified' || data.type === 'deleted') {
          yield { kind: data.type, object: data.object };
        }
      }
      idle += 1;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof Fault) || !mayResume(error)) throw error;
      if (error.code === 'relist_required') resumeAt = undefined;
      idle += 1;
    }
    await deps.sleep(resumeAfterMs, signal);
  }
  throw new Fault('server_unreachable', `Cannot watch ${path}: the connection broke ${resumesMax} times in a row`);
}

/** A control plane that restarts is no reason to stop watching. */
function mayResume(fault: Fault): boolean {
  return ['relist_required', 'server_unreachable', 'not_ready', 'overloaded'].includes(fault.code);
}
