import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { DEFAULT_LIMITS } from './limits.ts';
import { cppMissing, startProcess } from './testing/cpp-peer.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
const noCapnp = spawnSync('capnp', ['--version']).status === 0 ? undefined : 'the capnp program is not installed';

/** Code blocks: the first program (schema, command, server, client, C++ client, commands), then the second, in pieces. */
const BLOCKS = [...README.matchAll(/^```([\w+]+)\n([\s\S]*?)^```$/gm)].map(([, kind = '', code = '']) => ({
  kind,
  code,
}));

/** The pieces of the second program that are of this kind, put together. */
const pieces = (kind: string): string =>
  BLOCKS.slice(6)
    .filter((block) => block.kind === kind)
    .map(({ code }) => code)
    .join('\n');

suite('README.md', { skip: noCapnp }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-readme-'));
  const socket = join(dir, 'hello.sock');
  const [schema, generate, server, client, cpp, commands] = BLOCKS.map(({ code }) => code);

  /** A command as the README has it, with our Node in front and the socket in a place of its own. */
  const sh = (command = '', cwd = dir): string => {
    const env = { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env['PATH']}` };
    return execFileSync('sh', ['-ec', command.replaceAll('/tmp/hello.sock', socket)], { cwd, env, encoding: 'utf8' });
  };

  before(() => {
    // What somebody takes who wants nothing else of this repository.
    const needed = (path: string): boolean => !/\/rpc\/testing$|\.test\.ts$/.test(path);
    cpSync(join(ROOT, 'src/rpc'), join(dir, 'src/rpc'), { recursive: true, filter: needed });
    mkdirSync(join(dir, 'scripts'));
    for (const name of readdirSync(join(ROOT, 'scripts')).filter((one) => /^capnp-.*\.cjs$/.test(one))) {
      cpSync(join(ROOT, 'scripts', name), join(dir, 'scripts', name));
    }
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    mkdirSync(join(dir, 'hello'));
    const files = { 'hello.capnp': schema, 'server.ts': server, 'client.ts': client, 'client.c++': cpp };
    for (const [name, code = ''] of Object.entries(files)) writeFileSync(join(dir, 'hello', name), code);
    sh(generate);
    mkdirSync(join(dir, 'tour'));
    writeFileSync(join(dir, 'tour/tour.capnp'), pieces('capnp'));
    writeFileSync(join(dir, 'tour/tour.ts'), pieces('ts'));
    sh(pieces('sh'));
  });

  after(() => rmSync(dir, { recursive: true, force: true }));

  test('the first program runs as it stands, in a folder with nothing but what the README says to copy', async (context) => {
    const [serve = '', call, ...ofCpp] = (commands ?? '').trim().split('\n');
    assert.match(serve, / &$/);
    const argv = serve
      .replace(/^node (.*) &$/, '$1')
      .replace('/tmp/hello.sock', socket)
      .split(' ');
    const started = await startProcess(
      [process.execPath, ...argv.map((one, i) => (i === 0 ? join(dir, one) : one))],
      'ready',
    );
    context.after(() => started.child.kill());
    assert.equal(sh(call), 'hello, world\nsomebody said: sent before the room is here\n1\n');
    if (cppMissing() === undefined) assert.equal(sh(ofCpp.join('\n')), 'hello, C++\n');
    assert.equal(started.output(), 'ready\n');
  });

  test('the second program, which is all further examples in their order, holds what it says', () => {
    for (const said of ['_initSubjects', 'RangeError', 'file.done', 'serving.close']) {
      assert.ok(pieces('ts').includes(said), `${said} is among the examples`);
    }
    const argv = [join(dir, 'tour/tour.ts'), join(dir, 'tour.sock')];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    assert.deepEqual([stdout + stderr, status], ['', 0]);
  });

  test('the code of both programs has exact types', () => {
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: ['hello', 'tour', 'src'],
    };
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript7/bin/tsc'), '-p', dir], {
      encoding: 'utf8',
    });
    assert.equal(stdout, '');
  });

  test('every limit is in the table, with its default', () => {
    const unit: Readonly<Record<string, number>> = { KiB: 1024, Mi: 1024 ** 2, MiB: 1024 ** 2 };
    const rows = [...README.matchAll(/^\| `(\w+)`: .* \| ([\d,]+) ?(\w*) +\| .* \|$/gm)];
    const said = rows.map(([, name = '', digits = '', suffix = '']) => {
      return [name, Number(digits.replaceAll(',', '')) * (unit[suffix] ?? 1)] as const;
    });
    assert.deepEqual(Object.fromEntries(said), DEFAULT_LIMITS);
  });

  test('every name it tells to import is exported, and nothing is that it does not name', () => {
    const table = README.slice(README.indexOf('## What there is to import'), README.indexOf('## Tests and tools'));
    const what = [...table.matchAll(/^\| [a-z ]+\| (`.*) \|$/gm)].map(([, names = '']) => names).join(', ');
    // What is in brackets is a member of what stands before it, or an argument.
    const told = [...what.replace(/\([^)]*\)/g, '').matchAll(/`(\w+)/g)].map(([, name = '']) => name);
    const code = readFileSync(join(import.meta.dirname, 'rpc.ts'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const passedOn = [...code.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
      names.split(','),
    );
    const exported = passedOn.map((name) => name.replace('type ', '').trim()).filter((name) => name !== '');
    assert.deepEqual(told.toSorted(), [...exported, 'connectRpc'].toSorted());
  });
});
