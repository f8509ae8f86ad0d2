import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MinHeap } from './min-heap.ts';

test('a heap gives items back in order, pushes and pops mixed', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: null })), (steps) => {
      const heap = new MinHeap<number>((a, b) => a < b);
      let model: number[] = [];
      for (const step of steps) {
        if (step === null) {
          const [least, ...rest] = model;
          assert.equal(heap.peek(), least);
          assert.equal(heap.pop(), least);
          model = rest;
        } else {
          heap.push(step);
          model = [...model, step].toSorted((a, b) => a - b);
        }
      }
      for (const least of model) assert.equal(heap.pop(), least);
      assert.equal(heap.pop(), undefined);
    }),
  );
});
