import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEventStream } from './event-stream.ts';

const text =
  'retry: 2000\n: connected\n\nid: 7\nevent: added\ndata: {"a":1}\n\nid: 8\nevent: bookmark\ndata: x\ndata: y\n\n';

test('parseEventStream() gives the same events wherever the bytes are cut', async () => {
  const bytes = new TextEncoder().encode(text);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, cut));
        controller.enqueue(bytes.subarray(cut));
        controller.close();
      },
    });
    const events = [];
    for await (const event of parseEventStream(stream)) events.push(event);
    assert.deepEqual(events, [
      { id: '7', event: 'added', data: '{"a":1}' },
      { id: '8', event: 'bookmark', data: 'x\ny' },
    ]);
  }
});
