import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutQuestions } from './terminal-questions.ts';

const cases: readonly (readonly [string, string, string])[] = [
  ['where the cursor is', 'root:/# \u001b[6n\u001b[?6n', 'root:/# '],
  ['what the terminal is', 'a\u001b[c\u001b[>0c\u001bZ\u0005b', 'ab'],
  ['how large its window is', 'a\u001b[18tb', 'ab'],
  ['a mode, the keyboard and parameters', 'a\u001b[?2004$p\u001b[?u\u001b[1xb', 'ab'],
  ['a colour', 'a\u001b]11;?\u001b\\b\u001b]4;1;?\u0007c', 'abc'],
  ['a setting and a capability', 'a\u001bP$qm\u001b\\b\u001bP+q544e\u001b\\c', 'abc'],
  ['the cursor, in the one-character form', 'a\u009b6nb', 'ab'],
];
for (const [what, past, plain] of cases) {
  test(`of what a guest printed before, no terminal is asked again: ${what}`, () => {
    assert.equal(withoutQuestions(Buffer.from(past)).toString(), plain);
  });
}

test('colours, titles, moves of the cursor and every byte of other scripts stay', () => {
  const past = Buffer.concat([
    Buffer.from('\u001b[1;32mgreen\u001b[0m \u001b]0;title\u0007\u001b[2J\u001b[3;4H\u001b[u ä日😀 cntx?\r\n'),
    Buffer.from([0xff, 0x00, 0x9b, 0x63]),
  ]);
  assert.deepEqual(withoutQuestions(past), past);
});
