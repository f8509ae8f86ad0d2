import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChangeRow } from './medium-rows.ts';
import { packBatch, unpackBatch } from './packed-batch.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 6 });
const revision = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const row: fc.Arbitrary<ChangeRow> = fc.tuple(
  revision,
  text,
  fc.option(text, { nil: null }),
  revision,
  fc.option(text, { nil: null }),
  revision,
);

test('a batch is after its way to the writer what it was before, texts of any script and empty ones too', () => {
  fc.assert(
    fc.property(fc.array(row), revision, (rows, pruneThrough) => {
      const sent = structuredClone(packBatch({ rows, pruneThrough }));
      assert.deepEqual(unpackBatch(sent), { rows, pruneThrough });
    }),
  );
});
