import { faultCode } from '../core/kit/fault.ts';
import type { ApiClient } from './api-client.ts';
import { listAll } from './list-all.ts';
import { createPatience, type PatienceDeps } from './patience.ts';

/** What a watcher is told, in order: a whole list first (again after a lost resume point), then each change. */
export type WatchNews<T> =
  | { readonly kind: 'listed'; readonly items: readonly T[] }
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: T };

export interface WatchDeps extends PatienceDeps {
  readonly client: ApiClient;
}

/**
 * Lists, then follows the changes until `signal` aborts, however long the control plane is away meanwhile. A broken
 * connection resumes at the last revision seen; where the server no longer keeps it (`relist_required`), the list is read
 * again, so that nothing is missed (spec §4). A control plane that never answered is an error.
 */
export async function* watchList<T>(
  deps: WatchDeps,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): AsyncGenerator<WatchNews<T>> {
  const patience = createPatience(deps);
  let resumeAt: string | undefined;
  let epoch: string | undefined;
  for (;;) {
    try {
      if (resumeAt === undefined) {
        const list = await listAll<T>(deps.client, path, query, signal);
        patience.heard();
        resumeAt = String(list.revision);
        epoch = list.epoch?.toString();
        yield { kind: 'listed', items: list.items };
      }
      const stream = deps.client.follow(path, {
        // A restored store counts its revisions anew: the same number is then another moment.
        query: { ...query, watch: true, epoch },
        lastEventId: resumeAt,
        signal,
      });
      for await (const event of stream) {
        patience.heard();
        if (event.id !== null) resumeAt = event.id;
        const data = JSON.parse(event.data) as { readonly type: string; readonly object: T };
        if (data.type === 'added' || data.type === 'modified' || data.type === 'deleted') {
          yield { kind: data.type, object: data.object };
        }
      }
      await patience.pause(signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (faultCode(error) === 'relist_required') {
        resumeAt = undefined;
        await patience.pause(signal);
      } else {
        await patience.after(error, signal);
      }
    }
  }
}
