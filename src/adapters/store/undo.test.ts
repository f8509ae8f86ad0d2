import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { undone, undoOf } from './undo.ts';

/** Names that objects treat in ways of their own, and values that look like what leads back to others. */
const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', '1', '');
const { members } = fc.letrec<{ value: Json; members: JsonObject }>((tie) => ({
  members: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<JsonObject>,
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 1, 'text', ''),
    tie('members'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}));

describe('what leads from a value back to the one before', () => {
  it('leads back to it, whatever the two are, with the same order of members, also after a turn as text', () => {
    fc.assert(
      fc.property(members, members, (before, after) => {
        const undo = undoOf(before, after);
        if (undo === undefined) return;
        const read = JSON.parse(JSON.stringify(undo)) as typeof undo;
        assert.equal(JSON.stringify(undone(after, read)), JSON.stringify(before));
      }),
      { numRuns: 5_000 },
    );
  });

  it('holds only the members that were others, however deep', () => {
    const spec = { cpu: 1, nics: [{ name: 'eth0' }] };
    const before = { name: 'web', labels: { tier: 'web', team: 'red' }, spec, deletedAt: null, at: 1 };
    const after = { ...before, labels: { tier: 'db', team: 'red' }, spec: structuredClone(spec), at: 2 };
    assert.deepEqual(undoOf(before, after), { labels: { tier: ['web'] }, at: [1] });
  });

  it('shares with the value after it what did not change', () => {
    const after: JsonObject = { labels: { tier: 'db' }, spec: { cpu: 1 } };
    const before = undone(after, { labels: { tier: ['web'] } }) as JsonObject;
    assert.deepEqual(before, { labels: { tier: 'web' }, spec: { cpu: 1 } });
    assert.equal(before['spec'], after['spec']);
  });

  it('holds a part whole whose members came, went or changed places', () => {
    assert.deepEqual(undoOf({ labels: { a: 1 } }, { labels: { a: 1, b: 2 } }), { labels: [{ a: 1 }] });
    assert.deepEqual(undoOf({ labels: { a: 1, b: 2 } }, { labels: { b: 2, a: 1 } }), { labels: [{ a: 1, b: 2 }] });
  });

  it('cannot leave anything out of what is no object, or has other members', () => {
    for (const [before, after] of [
      ['a', 'b'],
      [[1], [2]],
      [{ a: 1 }, { b: 1 }],
      [null, {}],
    ] as [Json, Json][]) {
      assert.equal(undoOf(before, after), undefined);
    }
  });

  it('refuses a value that it was not made for', () => {
    assert.throws(() => undone({ a: 1 }, { b: [1] }), /no member "b"/);
    assert.throws(() => undone(7, { b: [1] }), /no object/);
    assert.throws(() => undone({ a: 1 }, { a: { b: [1] } }), /no object/);
  });
});
