import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNewer } from './assignment.ts';

test('revisions compare as (epoch, revision): what a restored store says is newer than all before it (spec §9)', () => {
  const at = (epoch: number, revision: number) => ({ epoch, revision });
  assert.equal(isNewer(at(2, 1), at(1, 99)), true);
  assert.equal(isNewer(at(1, 99), at(2, 1)), false);
  assert.equal(isNewer(at(1, 2), at(1, 1)), true);
  assert.equal(isNewer(at(1, 1), at(1, 1)), false);
  assert.equal(isNewer(at(1, 1), null), true);
});
