import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askYesNo } from './ask-yes-no.ts';

async function asked(...answers: readonly (string | null)[]) {
  const prompts: string[] = [];
  const left = [...answers];
  const yes = await askYesNo('Stop them too? [y/N] ', async (prompt) => {
    prompts.push(prompt);
    return left.shift() ?? null;
  });
  return { yes, prompts, left };
}

test('a question takes y or yes for yes; n, no, an empty line and the end of the input for no', async () => {
  for (const word of ['y', 'Y', ' yes ', 'YES']) assert.equal((await asked(word)).yes, true, word);
  for (const word of ['n', 'N', 'no', 'No ', '', '  ', null])
    assert.equal((await asked(word)).yes, false, String(word));
});

test('a question asks again, and says what it takes, when the answer is neither yes nor no', async () => {
  const { yes, prompts, left } = await asked('yep', 'ja', 'y', 'unread');
  assert.equal(yes, true);
  assert.deepEqual(prompts, [
    'Stop them too? [y/N] ',
    'Please answer y or n. Stop them too? [y/N] ',
    'Please answer y or n. Stop them too? [y/N] ',
  ]);
  assert.deepEqual(left, ['unread']);
});
