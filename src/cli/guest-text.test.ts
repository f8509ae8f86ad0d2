import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGuestTextFilter } from './guest-text.ts';

const cases: readonly (readonly [string, string, string])[] = [
  ['a question for the cursor', 'a\u001b[6nb', 'ab'],
  ['colours', '\u001b[1;32mgreen\u001b[0m', 'green'],
  ['a title, ended by BEL or by ST', '\u001b]0;t\u0007a\u001b]52;c;eA==\u001b\\b', 'ab'],
  ['a choice of character set', '\u001b(Ba', 'a'],
  ['a reset and a string of the device', '\u001bca\u001bP1$r\u001b\\b', 'ab'],
  ['the one-character forms', '\u009b6na\u009d0;t\u009cb', 'ab'],
  ['backspaces, bells and carriage returns', 'a\bb\u0007c\r\n', 'abc\n'],
  ['a tab and text of other scripts', 'a\tä日😀', 'a\tä日😀'],
  ['a string that never ends, at the end of its line', '\u001b]0;never\nnext', '\nnext'],
  ['a sequence within a sequence', '\u001b[\u001b[6na', 'a'],
];
for (const [what, raw, plain] of cases) {
  test(`what a guest printed reaches a terminal without ${what}, wherever the pieces are cut`, () => {
    assert.equal(createGuestTextFilter()(raw), plain);
    const filter = createGuestTextFilter();
    assert.equal([...raw].map((char) => filter(char)).join(''), plain);
  });
}
