/** What holds for every command of the program, those of this machine included. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { buildWholeProgram, findCommand, globalOptions } from '../cli/build-program.ts';
import { commandTable } from '../cli/command-table.ts';
import { documentFormats, outputFormats } from '../cli/output-formats.ts';
import { runProgram } from '../cli/program.ts';
import { renderGuide } from '../cli/render-guide.ts';
import { fakeIo } from '../cli/testing/run-cli.ts';
import type { Finding } from './doctor/finding.ts';
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

for (const entry of table) {
  const words = entry.path.join(' ');
  test(`'holdfast ${words}' refuses each -o that it does not print, and names those that it does`, async () => {
    const { formats = documentFormats } = await entry.load();
    for (const format of outputFormats.filter((one) => !formats.includes(one))) {
      const { io, printed } = fakeIo({ server: 'http://127.0.0.1:1' });
      assert.equal(await runProgram(io, table, [...entry.path, '-o', format]), 2);
      const { stdout, stderr } = printed();
      assert.equal(stdout, '');
      assert.ok(stderr.includes(`'${format}' is invalid. Allowed choices are ${formats.join(', ')}.`), stderr);
    }
  });
}

test("'holdfast doctor' prints what it found as -o asks", async () => {
  const { io, printed } = fakeIo({});
  const run = async (format: string): Promise<string> => {
    const before = printed().stdout.length;
    assert.equal(await runProgram(io, table, ['doctor', '-o', format, '--data-dir', '/nowhere']), 0);
    return printed().stdout.slice(before);
  };
  const checksIn = ({ findings }: { readonly findings: readonly Finding[] }) => findings.map(({ check }) => check);
  const inJson = checksIn(JSON.parse(await run('json')));
  assert.ok(inJson.includes('node') && inJson.includes('disk'), inJson.join());
  assert.deepEqual(checksIn(parse(await run('yaml'))), inJson);
});

test('no command has a flag twice, nor one that means something else for every command', async () => {
  const program = await buildWholeProgram(fakeIo({}).io, table);
  for (const entry of table) {
    const command = findCommand(program, entry.path);
    const flags = [...(command?.options ?? []), ...program.options].flatMap(({ short, long }) => [short, long]);
    const named = flags.filter((flag) => flag !== undefined && flag !== null);
    assert.equal(new Set(named).size, named.length, `${entry.path.join(' ')}: ${named.join(' ')}`);
  }
});

test("a flag of 'holdfast up' that is given again overrules itself: ./run puts its own before those of its user", async () => {
  const { io, printed } = fakeIo({});
  const words = ['up', '--data-dir', '/nowhere', '--node', 'BAD_ONE', '--node', 'BAD_TWO'];
  assert.equal(await runProgram(io, table, words), 2);
  assert.match(printed().stderr, /Cannot use --node "BAD_TWO"/);
});

test("'holdfast up --once' is refused beside what takes the demo away, not told that its images are missing", async () => {
  for (const other of ['--no-demo', '--destroy']) {
    const { io, printed } = fakeIo({});
    assert.equal(await runProgram(io, table, ['up', '--once', other, '--data-dir', '/nowhere']), 2);
    assert.match(printed().stderr, /--once converges the demo; it goes with neither --no-demo nor --destroy/);
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

test("'holdfast restore' of what is no file is refused before anything is asked or sent", async () => {
  for (const file of ['/no/such/backup.db', fileURLToPath(new URL('.', import.meta.url))]) {
    const { io, printed } = fakeIo({ server: 'http://127.0.0.1:1' });
    assert.equal(await runProgram(io, table, ['restore', file, '--yes']), 2);
    assert.match(printed().stderr, /^Error: Cannot read .*\(file_unreadable\)/);
  }
});

test('a result that cannot be written is no success; a reader that went away is no failure', async () => {
  const program = fileURLToPath(new URL('holdfast.ts', import.meta.url));
  const run = (to: string): number | null => {
    const out = openSync(to, 'w');
    try {
      return spawnSync(process.execPath, [program, 'version'], { stdio: ['ignore', out, 'ignore'] }).status;
    } finally {
      closeSync(out);
    }
  };
  assert.equal(run('/dev/full'), 1);
  assert.equal(run('/dev/null'), 0);
  const shell = 'set -o pipefail; "$0" "$1" version | true';
  assert.equal(spawnSync('bash', ['-c', shell, process.execPath, program]).status, 0);
});

const wrong: readonly (readonly [readonly string[], RegExp, number])[] = [
  [['up', '--listen', 'foo'], /--listen "foo".*HOST:PORT.*\(usage\)/, 2],
  [['server', '--listen', '1:2:3'], /--listen "1:2:3".*\(usage\)/, 2],
  [['agent', '--control', 'foo:bar'], /--control "foo:bar".*\(usage\)/, 2],
  [['up', '--node', 'BAD_NAME'], /--node "BAD_NAME": A name starts with.*\(usage\)/, 2],
  [['agent', '--node', 'x.y', '--control', 'unix:/x'], /--node "x\.y".*\(usage\)/, 2],
  [['up'], /Cannot use the data directory .*: a part of the path is no directory \(data_dir_unusable\)/, 2],
  [['server'], /\(data_dir_unusable\)[\s\S]*--data-dir/, 2],
  [['agent', '--control', 'unix:/x'], /\(data_dir_unusable\)/, 2],
];
for (const [argv, expected, exit] of wrong) {
  test(`'holdfast ${argv.join(' ')}' on an impossible data directory starts nothing and says what is wrong`, async () => {
    const { io, printed } = fakeIo({});
    const dataDir = fileURLToPath(new URL('../../package.json/data', import.meta.url));
    assert.equal(await runProgram(io, table, [...argv, '--data-dir', dataDir]), exit);
    assert.match(printed().stderr.replace(/\s+/g, ' '), expected);
  });
}

test('a wrong HOLDFAST_LOG_LEVEL is refused by up, server and agent before anything starts', async () => {
  for (const argv of [['up'], ['server'], ['agent', '--control', 'unix:/x']]) {
    const { io, printed } = fakeIo({ env: { HOLDFAST_LOG_LEVEL: 'verbose' } });
    assert.equal(await runProgram(io, table, [...argv, '--data-dir', '/dev/null/none']), 2, argv[0]);
    const told = printed().stderr.replace(/\s+/g, ' ');
    assert.match(told, /HOLDFAST_LOG_LEVEL is debug, info, warn or error, not 'verbose' \(usage\)/);
  }
});

test('a data directory where the file system makes none ends the command with a clear error: it span on /proc', {
  skip: !existsSync('/proc/self'),
}, () => {
  const program = fileURLToPath(new URL('./holdfast.ts', import.meta.url));
  const backup = fileURLToPath(import.meta.url);
  for (const argv of [['up'], ['server'], ['agent', '--control', 'unix:/x'], ['restore', backup, '--yes']]) {
    const { status, stderr } = spawnSync(process.execPath, [program, ...argv, '--data-dir', '/proc/x/y'], {
      encoding: 'utf8',
      timeout: 120_000,
      // What spins hears no other signal.
      killSignal: 'SIGKILL',
    });
    assert.equal(status, 2, `${argv[0]}: ${stderr}`);
    assert.match(stderr, /Cannot use the data directory \/proc\/x\/y: the file system makes no directories there/);
  }
});
