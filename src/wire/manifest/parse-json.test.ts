import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from './parse-json.ts';

const offencesOf = (text: string | Uint8Array) => {
  const parsed = parseJson(text);
  return parsed.ok ? [] : parsed.offences;
};

test('parseJson() reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('', ' ', '\n\t'), (text, pad) => {
      const parsed = parseJson(pad + text + pad);
      // Arbitrary objects of fast-check hold no key twice.
      assert.ok(parsed.ok);
      assert.deepEqual(parsed.value, JSON.parse(text));
    }),
  );
});

test('parseJson() refuses exactly the texts that JSON.parse refuses', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"b"',
    '"\\u12"',
    '"\n"',
    '1',
    '-',
    '01',
    '1e5',
    '.5',
    'true',
    'nul',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      const codes = offencesOf(text).map(({ code }) => code);
      assert.equal(codes.includes('bad_syntax'), !valid, text);
    }),
    { numRuns: 3000 },
  );
});

test('duplicate keys are offences with their path, also when one is escaped', () => {
  const offences = offencesOf('{"a":1,"nics":[{},{"mac":1,"b":{},"m\\u0061c":2}],"a":2}');
  assert.deepEqual(
    offences.map(({ path, code, got }) => [path, code, got]),
    [
      ['$.nics[1].mac', 'duplicate', 'mac'],
      ['$.a', 'duplicate', 'a'],
    ],
  );
});

test('a broken text names line and column', () => {
  assert.match(
    offencesOf('{\n  "a": 1,\n}')[0]?.message ?? '',
    /field name in double quotes is expected at line 3, column 1/,
  );
  assert.match(offencesOf('{"a": foo}')[0]?.message ?? '', /a value is expected at line 1, column 7/);
  assert.match(offencesOf('')[0]?.message ?? '', /ends too early at line 1, column 1/);
  assert.match(offencesOf('{} {}')[0]?.message ?? '', /nothing may follow/);
});

test('depth, size and bytes are bounded', () => {
  assert.equal(offencesOf('['.repeat(100_000))[0]?.code, 'too_deep');
  assert.equal(offencesOf(`${'['.repeat(32)}${']'.repeat(32)}`).length, 0);
  assert.equal(offencesOf(new Uint8Array([0x22, 0xff, 0x22]))[0]?.code, 'bad_syntax');
  const large = parseJson(' '.repeat(4_194_305));
  assert.ok(!large.ok && large.refusal === 'body_too_large');
});
