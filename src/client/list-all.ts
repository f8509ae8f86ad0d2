import type { ApiClient } from './api-client.ts';
import type { ListDocument } from './documents.ts';

/** Items asked for at once: the largest page there is keeps the round trips few. */
const pageSize = 500;
/** Pages read before it counts as a defect of the server: 5 million items. */
const pagesMax = 10_000;

/** Every item of a list, page by page, and the revision from which a watch goes on without a gap. */
export async function listAll<T>(
  client: ApiClient,
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
  signal: AbortSignal,
): Promise<ListDocument<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  let first: ListDocument<T> | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { body } = await client.request('GET', path, { query: { limit: pageSize, ...query, cursor }, signal });
    const list = body as unknown as ListDocument<T>;
    items.push(...list.items);
    // The first page's revision: what changed while later pages were read comes again in the watch.
    first ??= list;
    if (list.next_cursor === undefined || list.next_cursor === null) break;
    cursor = list.next_cursor;
  }
  return { ...first, items, revision: first?.revision ?? 0 };
}
