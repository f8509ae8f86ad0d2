import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipMarker } from '../../wire/http/log-stream.ts';
import { createViewer, MAX_BEHIND_BYTES } from './console-viewer.ts';

test('a viewer that was behind is told of what it missed where it would have been, not later', async () => {
  const taken: string[] = [];
  let release: () => void = () => undefined;
  const take = (data: Uint8Array): Promise<void> => {
    taken.push(Buffer.from(data).toString());
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const next = async (): Promise<void> => {
    release();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const viewer = createViewer(take, () => undefined);
  viewer.push(Buffer.from('first'));
  viewer.push(Buffer.alloc(MAX_BEHIND_BYTES - 100, 'x'));
  viewer.push(Buffer.alloc(1_000, 'y'));
  await next();
  viewer.push(Buffer.from('after it'));
  await next();
  await next();
  assert.deepEqual(
    taken.map((text) => text.slice(0, 60).replace(/x+$/, 'x')),
    ['first', 'x', `${skipMarker(1_000)}after it`],
  );
});
