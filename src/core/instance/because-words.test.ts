import assert from 'node:assert/strict';
import { test } from 'node:test';
import { becauseWords } from './because-words.ts';

test('every reason of a decision has a clause in the words of a user (S11, S20)', () => {
  for (const [because, clause] of Object.entries(becauseWords)) {
    assert.match(clause, /^[a-z].*[^.]$/, because);
    const known = clause.replaceAll(/(restart|drift)_policy [a-z_]+/g, '');
    assert.doesNotMatch(known, /_/, `${because}: ${clause}`);
  }
});
