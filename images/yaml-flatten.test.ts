/**
 * The guest's YAML reader (awk, because the guest has nothing else) against the reader the product uses:
 * for any document the product could write, both must see the same scalars at the same paths.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';

const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const skip = busybox === undefined ? 'needs the Debian package busybox-static' : false;
const script = fileURLToPath(new URL('rootfs/usr/lib/holdfast/yaml-flatten.awk', import.meta.url));
const shellify = fileURLToPath(new URL('rootfs/usr/lib/holdfast/shellify.awk', import.meta.url));

type Node = string | number | boolean | null | readonly Node[] | { readonly [key: string]: Node };

/** Runs one of the guest's awk programs; a hang would be a defect, hence the limit of 10 s. */
function runAwk(args: readonly string[], input: string): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(busybox ?? 'busybox', ['awk', ...args], { input, encoding: 'utf8', timeout: 60_000 });
}

function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r');
}

function flattenExpected(node: Node, path: string): readonly string[] {
  const below = (name: string) => (path === '' ? name : `${path}/${name}`);
  if (node === null) return [`${path}\t`];
  if (typeof node !== 'object') return [`${path}\t${escapeValue(String(node))}`];
  if (Array.isArray(node)) return node.flatMap((item: Node, at) => flattenExpected(item, below(String(at))));
  return Object.entries(node).flatMap(([key, item]) => flattenExpected(item, below(key)));
}

function flattenActual(text: string): readonly string[] {
  const { status, stdout } = runAwk(['-f', script], text);
  assert.equal(status, 0, `refused:\n${text}`);
  return stdout.split('\n').slice(0, -1);
}

// Everything a user may write into a value, except NUL, which neither awk nor a shell variable can hold.
const letters = fc.constantFrom(
  ...'ab 01:#-\'"\\\n\t|>&*!%@`[]{},?=~.'.split(''),
  'é',
  '€',
  '😀',
  'long enough to be folded ',
  ': ',
  ' #',
  '\n\n',
  '- ',
);
const value = fc.string({ unit: letters, maxLength: 24 });
const scalar = fc.oneof(value, value, fc.integer({ min: -999, max: 9999 }), fc.boolean(), fc.constant(null));
const key = fc.stringMatching(/^[a-z][a-z_-]{0,8}$/);
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  ),
}));
const document = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true });

test('The guest reads every document written as YAML as the product does', { skip }, () => {
  fc.assert(
    fc.property(document, fc.constantFrom(0, 40, 80), fc.boolean(), (doc, lineWidth, indentSeq) => {
      const text = `#cloud-config\n${stringify(doc, { lineWidth, indentSeq })}`;
      // What the text means is what the product's own reader says (its writer loses a space in a few rare cases).
      assert.deepEqual(flattenActual(text), flattenExpected(parse(text) as Node, ''));
    }),
    { numRuns: 250 },
  );
});

test('The guest reads every document written as JSON as the product does', { skip }, () => {
  fc.assert(
    fc.property(document, fc.constantFrom(0, 2), (doc, indent) => {
      assert.deepEqual(flattenActual(JSON.stringify(doc, undefined, indent)), flattenExpected(doc, ''));
    }),
    { numRuns: 150 },
  );
});

test('The guest reads a cloud-config as people write it', { skip }, () => {
  const text = [
    '#cloud-config',
    'hostname:   web-1   # the name',
    'runcmd:',
    '- echo "a:b" # not part',
    "- [ ls, -l, \"a b\", 'it''s' ]",
    '-',
    '  - sh',
    '  - -c',
    '  - |',
    '    echo one',
    '      echo two',
    '',
    'ssh_authorized_keys: [',
    '  ssh-ed25519 AAAA me@here, # mine',
    ']',
    'motd: several words',
    '  on two lines',
    'empty:',
    '...',
    'ignored',
  ].join('\r\n');
  assert.deepEqual(flattenActual(text), [
    'hostname\tweb-1',
    'runcmd/0\techo "a:b"',
    'runcmd/1/0\tls',
    'runcmd/1/1\t-l',
    'runcmd/1/2\ta b',
    "runcmd/1/3\tit's",
    'runcmd/2/0\tsh',
    'runcmd/2/1\t-c',
    'runcmd/2/2\techo one\\n  echo two\\n',
    'ssh_authorized_keys/0\tssh-ed25519 AAAA me@here',
    'motd\tseveral words on two lines',
    'empty\t',
  ]);
});

test('What the guest cannot read it refuses instead of guessing', { skip }, () => {
  const offences = [
    'a: &x 1\nb: *x',
    'a: !!binary xx',
    'a: [1, 2',
    'a: "open',
    'a:\n  b: 1\n c: 2',
    'a: {b: 1]',
    'a: "\\q"',
  ];
  for (const text of offences) assert.equal(runAwk(['-f', script], text).status, 1, text);
});

test('Commands given as lists keep every argument exactly; commands given as text are shell', { skip }, () => {
  const argument = value.filter((text) => text !== '');
  fc.assert(
    fc.property(
      fc.array(fc.array(argument, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      (lists) => {
        const commands = lists.map((list) => ['printf', '<%s>', ...list]);
        // As JSON: the YAML writer loses a space of values such as " \n", which is not what this is about.
        const flat = runAwk(['-f', script], JSON.stringify({ runcmd: [...commands, 'echo $((6*7))'] })).stdout;
        const shell = runAwk(['-v', 'key=runcmd', '-f', shellify], flat).stdout;
        const ran = spawnSync(busybox ?? 'busybox', ['sh'], { input: shell, encoding: 'utf8', timeout: 60_000 });
        assert.equal(
          ran.stdout,
          `${lists
            .flat()
            .map((text) => `<${text}>`)
            .join('')}42\n`,
        );
      },
    ),
    { numRuns: 60, examples: [[[[' \n'], ['\n \n', "it's"]]]] },
  );
});
