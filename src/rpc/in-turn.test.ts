import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTurn } from './in-turn.ts';

test('what is told from within something told comes after it, in order', () => {
  const told: string[] = [];
  inTurn(() => {
    inTurn(() => told.push('second'));
    inTurn(() => told.push('third'));
    told.push('first');
  });
  assert.deepEqual(told, ['first', 'second', 'third']);
});

test('one that throws is heard of where it was told, and keeps back none behind it', () => {
  const told: string[] = [];
  const tell = (): void =>
    inTurn(() => {
      inTurn(() => {
        throw new Error('one of them');
      });
      inTurn(() => told.push('behind it'));
      inTurn(() => told.push('last'));
    });
  assert.throws(tell, /one of them/);
  assert.deepEqual(told, ['behind it', 'last']);
});
