import assert from 'node:assert/strict';
import { parseEventStream, type StreamEvent } from '../../client/event-stream.ts';
import type { TestApi } from './test-api.ts';

/** A watch over a real socket whose events are taken one by one; none within the limit is a failure of the test. */
export async function watch(world: TestApi, base: string, query: string, lastEventId?: number | string | null) {
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${world.token}` };
  const response = await fetch(`${base}/v1/${query}`, {
    headers: lastEventId == null ? headers : { ...headers, 'last-event-id': String(lastEventId) },
    signal: stop.signal,
  });
  const events = response.ok && response.body !== null ? parseEventStream(response.body) : null;
  return {
    status: response.status,
    response,
    async next(): Promise<{ type: string; revision: number; object: Record<string, never>; id: string | null }> {
      const result = await events?.next();
      assert.ok(result !== undefined && result.done !== true, 'the stream goes on');
      const event: StreamEvent = result.value;
      return { ...JSON.parse(event.data), id: event.id };
    },
    close: () => stop.abort(),
  };
}

/** Of what an event of VMs is. */
export const name = (event: { object: Record<string, never> }): string => event.object['name'] as unknown as string;
