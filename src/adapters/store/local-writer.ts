import { ImageFromRows } from './image-from-rows.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { type MediumConfig, openSqliteMedium } from './sqlite-medium.ts';
import { encodeJson, type OpenedWriter, rowsOf } from './sqlite-rows.ts';
import type { StoreImage } from './store-views.ts';

/** Opens the database in this thread: every commit's sync blocks it. For the agent's journal, which writes seldom. */
export async function openLocalWriter(config: MediumConfig): Promise<OpenedWriter> {
  const medium = openSqliteMedium(config, 'here');
  let image: StoreImage;
  try {
    const rows = new ImageFromRows();
    for (const chunk of medium.load()) rows.add(chunk);
    image = rows.image(medium.head());
  } catch (error) {
    await medium.close();
    throw sqliteFault('load the store', error);
  }
  return {
    image,
    backup: (target) => medium.backup(target),
    // There is no thread that could die without the process.
    broken: new AbortController().signal,
    writer: {
      encode: encodeJson,
      // After the callbacks of this turn of the loop: what they commit shares one sync.
      schedule: (start) => void setImmediate(start),
      enoughCommits: Number.POSITIVE_INFINITY,
      answersPerTurn: Number.POSITIVE_INFINITY,
      write: async (batch) => medium.write(rowsOf(batch)),
      close: () => medium.close(),
    },
  };
}
