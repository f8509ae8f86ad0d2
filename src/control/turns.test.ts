import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns, turnsWaitingMax } from './turns.ts';

test('turns of one key come one after the other in their order; other keys do not wait, and nothing is left', async () => {
  const turns = createTurns();
  const order: number[] = [];
  const act = async (key: string, number: number) => {
    const end = await turns.take(key);
    order.push(number);
    await Promise.resolve();
    order.push(number);
    end();
  };
  const first = await turns.take('a');
  const waiting = [act('a', 1), act('a', 2)];
  await act('b', 9);
  assert.deepEqual(order, [9, 9]);
  first();
  await Promise.all(waiting);
  assert.deepEqual(order, [9, 9, 1, 1, 2, 2]);
  assert.equal(turns.isTaken('a') || turns.isTaken('b'), false);
});

test('more than the limit are not made to wait', async () => {
  const turns = createTurns();
  const end = await turns.take('a');
  const waiting = Array.from({ length: turnsWaitingMax }, () => turns.take('a').then((done) => done()));
  await assert.rejects(turns.take('a'), /1000 requests wait/);
  end();
  await Promise.all(waiting);
  assert.equal(turns.isTaken('a'), false);
});
