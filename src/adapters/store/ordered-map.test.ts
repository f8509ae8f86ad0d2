import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OrderedMap } from './ordered-map.ts';

const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\u{1f600}', '\uffff'), maxLength: 4 });
const step = fc.oneof(
  fc.record({ act: fc.constant('set' as const), key, value: fc.nat(9) }),
  fc.record({ act: fc.constant('delete' as const), key, value: fc.nat(9) }),
);

describe('OrderedMap', () => {
  it('lists, gets and counts like a map that is sorted anew each time', () => {
    const query = fc.record({ prefix: key, after: fc.option(key, { nil: undefined }), limit: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.array(query), (steps, queries) => {
        const map = new OrderedMap<[string, number]>();
        const model = new Map<string, [string, number]>();
        for (const { act, key, value } of steps) {
          if (act === 'set') {
            map.set(key, [key, value]);
            model.set(key, [key, value]);
          } else assert.equal(map.delete(key), model.delete(key));
        }
        assert.equal(map.size, model.size);
        const sorted = [...model.values()].sort(([a], [b]) => (a < b ? -1 : 1));
        for (const { prefix, after, limit } of queries) {
          assert.deepEqual(map.get(prefix), model.get(prefix));
          const expected = sorted.filter(([k]) => k.startsWith(prefix) && (after === undefined || k > after));
          assert.deepEqual(map.list(prefix, after, limit), expected.slice(0, limit));
        }
      }),
    );
  });

  it('keeps its order over many blocks, whether keys come sorted, reversed or mixed', () => {
    const count = 5_000;
    const name = (n: number): string => String(n).padStart(5, '0');
    for (const place of [(n: number) => n, (n: number) => count - 1 - n, (n: number) => (n * 3_331) % count]) {
      const map = new OrderedMap<string>();
      for (let n = 0; n < count; n += 1) map.set(name(place(n)), name(place(n)));
      const all = Array.from({ length: count }, (_, n) => name(n));
      assert.deepEqual(map.list('', undefined, count), all);
      for (let n = 0; n < count; n += 1) if (n % 5 !== 0) assert.equal(map.delete(name(n)), true);
      assert.deepEqual(
        map.list('', name(998), 3),
        [1_000, 1_005, 1_010].map((n) => name(n)),
      );
      for (let n = 0; n < count; n += 5) map.delete(name(n));
      assert.deepEqual(map.list('', undefined, 1), []);
      map.set('again', 'again');
      assert.deepEqual(map.list('', undefined, 9), ['again']);
    }
  });
});
