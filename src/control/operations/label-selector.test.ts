import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefused } from '../refusal.ts';
import { matchesLabels, parseLabelSelector } from './label-selector.ts';

const vms = { web: { app: 'web' }, db: { app: 'db', owner: 'shop' }, bare: {} };

/** Which of them match. */
function selected(text: string): readonly string[] {
  const selector = parseLabelSelector(text);
  assert.ok(!isRefused(selector), text);
  return Object.entries(vms)
    .filter(([, labels]) => matchesLabels(selector, labels))
    .map(([name]) => name);
}

test('each term of a selector says what it says, also of a VM without the label, and all of them hold (spec §4 lists)', () => {
  assert.deepEqual(selected('app=web'), ['web']);
  assert.deepEqual(selected('app==web'), ['web']);
  assert.deepEqual(selected('app!=web'), ['db', 'bare']);
  assert.deepEqual(selected('owner'), ['db']);
  assert.deepEqual(selected('!owner'), ['web', 'bare']);
  assert.deepEqual(selected('app!=web,!owner'), ['bare']);
  assert.deepEqual(selected('constructor'), [], 'a member that every object has is no label');
});
