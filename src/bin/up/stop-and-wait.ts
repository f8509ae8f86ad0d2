import type { ApiClient } from '../../client/api-client.ts';
import type { TaskDocument } from '../../client/documents.ts';

/** Longest that the stop of one VM is waited for, in seconds. */
const stopWithinSeconds = 90;

/** Null once it is stopped, else why it is not. */
export async function stopAndWait(client: ApiClient, name: string): Promise<string | null> {
  try {
    const query = { wait: stopWithinSeconds };
    const { body } = await client.request('POST', `/v1/vms/${name}/stop`, { query });
    const task = body as unknown as TaskDocument;
    if (task.status === 'success') return null;
    return task.error?.message ?? `VM "${name}" is still stopping after ${stopWithinSeconds} s`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
