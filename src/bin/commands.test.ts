/** What holds for every command of the program, those of this machine included. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandTable } from '../cli/command-table.ts';
import { buildWholeProgram, findCommand, globalOptions, runProgram } from '../cli/program.ts';
import { renderGuide } from '../cli/render-guide.ts';
import { fakeIo } from '../cli/testing/run-cli.ts';
import { roleTable } from './role-table.ts';

const table = [...roleTable, ...commandTable];

test('the guide says of every command what its definition says (node scripts/generate-cli-guide.ts)', async () => {
  const guide = readFileSync(new URL('../../docs/guides/cli.md', import.meta.url), 'utf8');
  assert.equal(guide, await renderGuide(table, globalOptions));
});

for (const entry of table) {
  const words = entry.path.join(' ');
  test(`'holdfast ${words} --help' explains arguments, options and gives an example`, async () => {
    const { io, printed } = fakeIo({});
    assert.equal(await runProgram(io, table, [...entry.path, '--help']), 0);
    const { stdout, stderr } = printed();
    assert.equal(stderr, '');
    assert.match(stdout, new RegExp(`^Usage: holdfast ${words}`));
    assert.match(stdout, /Examples:\n {2}\$ .*holdfast/);
    const definition = await entry.load();
    for (const { flags, text } of definition.options) {
      assert.ok(stdout.includes(flags), `${flags} is shown`);
      assert.ok(text.length > 3, `${flags} is explained`);
    }
    for (const { text } of definition.arguments) assert.ok(stdout.replace(/\s+/g, ' ').includes(text));
    for (const { line } of definition.examples) assert.ok(line.includes('holdfast'), line);
  });
}

test('no command has a flag twice, nor one that means something else for every command', async () => {
  const program = await buildWholeProgram(fakeIo({}).io, table);
  for (const entry of table) {
    const command = findCommand(program, entry.path);
    const flags = [...(command?.options ?? []), ...program.options].flatMap(({ short, long }) => [short, long]);
    const named = flags.filter((flag) => flag !== undefined && flag !== null);
    assert.equal(new Set(named).size, named.length, `${entry.path.join(' ')}: ${named.join(' ')}`);
  }
});

test('every example parses: its command exists and takes its flags', async () => {
  for (const entry of table) {
    for (const { line } of (await entry.load()).examples) {
      const call = /holdfast ([^|>&)]*)/.exec(line)?.[1] ?? '';
      const flags = call.match(/(?<=\s)--?[a-z][a-z-]*/g) ?? [];
      const words = call.trim().split(/\s+/);
      const used = table.find(({ path }) => path.every((word, at) => words[at] === word));
      assert.ok(used !== undefined, line);
      const known = [...(await used.load()).options, ...globalOptions].map(({ flags: text }) => text).join(' ');
      for (const flag of flags.filter((word) => word.startsWith('--')))
        assert.ok(known.includes(flag), `${line}: ${flag}`);
    }
  }
});
