import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clockText, timeText } from './clock-text.ts';

test('every time is printed as ISO 8601 has it, whichever was printed before', () => {
  const anyTime = fc.date({ noInvalidDate: true });
  const near = fc.date({ noInvalidDate: true, min: new Date('2026-11-26'), max: new Date('2026-11-28') });
  fc.assert(
    fc.property(fc.array(fc.oneof(anyTime, near)), (dates) => {
      for (const date of dates) {
        assert.equal(timeText(date.getTime()), date.toISOString());
        assert.equal(clockText(date.getTime()), date.toISOString().slice(-13, -5));
      }
    }),
  );
});
