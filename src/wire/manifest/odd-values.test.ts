/** Values that are easily written and mean nothing: each is told by its field and what would be right (spec S1b). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from './parse-documents.ts';
import { parseJson } from './parse-json.ts';
import { parseVmDocument } from './vm-document.ts';

function messagesOf(fields: object): readonly string[] {
  const document = { api_version: 'holdfast/v1', kind: 'VirtualMachine', name: 'a', kernel: 'https://x.example/k' };
  const parsed = parseVmDocument({ ...document, ...fields }, { mode: 'manifest', document: 0 });
  return parsed.ok ? [] : parsed.offences.map(({ path, message }) => `${path} ${message}`);
}

test('a number without bound is an offence of the text that holds it: sent on as JSON it would be null, and so the default', () => {
  const cases: readonly (readonly [text: string, path: string, got: string])[] = [
    ['name: a\ncpu_cores_max: .inf\n', '$.cpu_cores_max', 'Infinity'],
    ['name: a\nlabels: {}\ndisk_gib: 1e400\n', '$.disk_gib', 'Infinity'],
    ['name: a\ndisks: [{size_gib: -.inf}]\n', '$.disks[0].size_gib', '-Infinity'],
    ['name: a\nmemory_mib: .nan\n', '$.memory_mib', 'NaN'],
    ['{"name": "a", "memory_mib": 1e999}', '$.memory_mib', 'Infinity'],
    ['[{"name": "a"}, {"name": "b", "disk_gib": -1e999}]', '$.disk_gib', '-Infinity'],
  ];
  for (const [text, path, got] of cases) {
    const parsed = parseDocuments(text, { source: 'a.yaml' });
    assert.ok(!parsed.ok, text);
    const [offence, ...others] = parsed.offences;
    assert.deepEqual([offence?.path, offence?.got, others.length], [path, got, 0], text);
    assert.match(offence?.message ?? '', /^A number has a bound; this one has none \(a\.yaml(:\d)?\)$/);
  }
});

test('what must be there is not told to be left out for its default where it is null', () => {
  assert.deepEqual(messagesOf({ name: null }), ['$.name name is text, not null']);
  assert.deepEqual(messagesOf({ nics: [null] }), ['$.nics[0] nics[0] is an object, not null']);
  assert.deepEqual(messagesOf({ disks: [{ name: 'd', size_gib: null }] }), [
    '$.disks[0].size_gib size_gib is a whole number of GiB, not null',
  ]);
  assert.deepEqual(messagesOf({ labels: { a: null } }), ['$.labels.a a is text, not null']);
  assert.deepEqual(messagesOf({ nics: [{ forwards: [{ guest_port: 1, protocol: 7 }] }] }).length, 1);
});

test('a port is told to be a port number, a boot order a whole number', () => {
  assert.deepEqual(messagesOf({ health_checks: [{ name: 'h', tcp: {} }] }), [
    '$.health_checks[0].tcp.port port is required: a port number',
  ]);
  assert.deepEqual(messagesOf({ boot_order: '1_000' }), ['$.boot_order boot_order is a whole number, not text']);
});

test('a byte order mark before JSON is no part of it, as before YAML', () => {
  const text = '\uFEFF{"name": "a"}';
  const parsed = parseJson(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  assert.deepEqual(parsed.value, { name: 'a' });
  assert.ok(parseDocuments(text).ok);
  assert.ok(!parseJson('{"name": \uFEFF"a"}').ok, 'only the first character is one');
});

test('a key that is no text is told in words of a manifest', () => {
  const parsed = parseDocuments('name: a\n? [b]\n: c\n', { source: 'a.yaml' });
  assert.ok(!parsed.ok);
  assert.match(
    parsed.offences[0]?.message ?? '',
    /^This is no YAML: a key is text, not a list or an object \(a\.yaml:2/,
  );
});
