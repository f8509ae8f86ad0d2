import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asIncarnationId } from '../kit/brand.ts';
import { followMemory, type MemoryProgress, memoryStalled, memoryStallMs } from './memory-progress.ts';

const incarnationId = asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33');
const seen = (since: number, memoryMib: number, over: Partial<MemoryProgress> = {}): MemoryProgress => ({
  ...{ incarnationId, generation: 2, wantedMib: 128, memoryMib, since },
  ...over,
});

test('only coming closer than ever is progress: a guest that takes memory back and forth is not waited for without end', () => {
  const looks = [seen(0, 400), seen(10, 300), seen(20, 350), seen(30, 300), seen(40, 299)];
  const sinces = looks.map((_, index) => looks.slice(0, index + 1).reduce(followMemory).since);
  assert.deepEqual(sinces, [0, 10, 10, 10, 40]);
});

test('a newer order, another size and another incarnation are each waited for anew', () => {
  const other = asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b34');
  for (const over of [{ generation: 3 }, { wantedMib: 256 }, { incarnationId: other }]) {
    assert.equal(followMemory(seen(0, 300), seen(50, 300, over)).since, 50);
  }
});

test('F1 a guest that does not move for a while is an error that says how much it can do, and the next step', () => {
  assert.equal(memoryStalled('web-1', seen(0, 300), memoryStallMs - 1), null);
  const shrinking = memoryStalled('web-1', seen(0, 300), memoryStallMs);
  assert.equal(shrinking?.code, 'operation_deadline_exceeded');
  assert.match(shrinking.message, /gives no more memory back than down to 300 MiB .*'holdfast vm reboot web-1'/);
  assert.match(
    memoryStalled('web-1', seen(0, 100), memoryStallMs)?.message ?? '',
    /takes no more memory than up to 100/,
  );
});
