import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments, withPlaces } from './parse-documents.ts';
import { parseVmDocument } from './vm-document.ts';

const offencesOf = (text: string, source?: string) => {
  const parsed = parseDocuments(text, source === undefined ? {} : { source });
  return parsed.ok ? [] : parsed.offences;
};
const valuesOf = (text: string) => {
  const parsed = parseDocuments(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.documents.map(({ value }) => value);
};

test('documents are counted without the empty ones', () => {
  const text = '# only a comment\n---\nname: a\n---\n---\n# nothing\n---\nname: b\n';
  const parsed = parseDocuments(text, { firstDocument: 3 });
  assert.ok(parsed.ok);
  assert.deepEqual(
    parsed.documents.map(({ document, value }) => [document, value]),
    [
      [3, { name: 'a' }],
      [4, { name: 'b' }],
    ],
  );
  assert.deepEqual(valuesOf(''), []);
});

test('a list stands for its items, as a page of the API does, each with its places; part of one is refused', () => {
  assert.deepEqual(valuesOf('[{"name":"a"},{"name":"b"}]'), [{ name: 'a' }, { name: 'b' }]);
  const page = { items: [{ name: 'a' }], next_cursor: null, revision: 7, epoch: 1 };
  assert.deepEqual(valuesOf(JSON.stringify(page)), [{ name: 'a' }]);
  const parsed = parseDocuments(
    'name: x\n---\nkind: List\nitems:\n  - name: a\n  - name: b\n    cpu_cores: 2\n---\nname: c\n',
  );
  assert.ok(parsed.ok);
  const { documents } = parsed;
  assert.deepEqual(
    documents.map(({ document, value }) => [document, (value as { readonly name: string }).name]),
    [
      [0, 'x'],
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ],
  );
  assert.equal(documents[2]?.lines.get('$.cpu_cores'), 7);
  const [offence] = offencesOf(JSON.stringify({ ...page, next_cursor: 'more' }));
  assert.deepEqual(
    [offence?.path, offence?.message],
    ['$.next_cursor', 'This is one page of a list, and more come after it'],
  );
  const other = { name: 'a', items: [] };
  assert.deepEqual(valuesOf(JSON.stringify(other)), [other]);
});

test('YAML is read by version 1.2: no surprise types, keys are text', () => {
  assert.deepEqual(valuesOf('a: yes\nb: 012\nc: 2026-01-01\nd: 1e3\ne: ~\n1: x\ntrue: y\n'), [
    { a: 'yes', b: 12, c: '2026-01-01', d: 1000, e: null, '1': 'x', true: 'y' },
  ]);
  assert.match(offencesOf('%YAML 1.1\n---\na: yes\n')[0]?.message ?? '', /Only YAML 1\.2/);
});

test('JSON is read as JSON, with tabs, and its duplicate keys are offences', () => {
  assert.deepEqual(valuesOf('\n{\n\t"a": [1,\t2]}'), [{ a: [1, 2] }]);
  assert.deepEqual(valuesOf('{a: 1}'), [{ a: 1 }]);
  assert.deepEqual(
    offencesOf('{"a": {"b": 1, "b": 2}}').map(({ path, code }) => [path, code]),
    [['$.a.b', 'duplicate']],
  );
});

test('duplicate keys, aliases and tags are offences with path and line', () => {
  const text = 'name: a\nnics:\n  - &x { mac: 1 }\n  - *x\nlabels:\n  a: 1\n  b: !!str 2\n  "a": 3\nname: b\n';
  const offences = offencesOf(text);
  assert.deepEqual(
    offences.map(({ path, code }) => [path, code]),
    [
      ['$.nics[1]', 'unsupported'],
      ['$.labels.b', 'unsupported'],
      ['$.labels.a', 'duplicate'],
      ['$.name', 'duplicate'],
    ],
  );
  assert.match(offences[2]?.message ?? '', /already given in line 6 \(line 8\)/);
});

test('offences of every document of a text are told at once, by number', () => {
  const offences = offencesOf('a: 1\na: 2\n---\nb: 1\n---\nc: [\n', 'web.yaml');
  assert.deepEqual(offences.map(({ document, code }) => [document, code]).slice(0, 2), [
    [0, 'duplicate'],
    [2, 'bad_syntax'],
  ]);
  assert.match(offences[0]?.message ?? '', /web\.yaml:2\)$/);
  assert.match(offences[1]?.message ?? '', /^This is no YAML: .*web\.yaml:\d+, column \d+\)$/);
});

test('a text that is no YAML is one offence: its first error, where it is, and what would be right', () => {
  const script = '#!/bin/sh\nset -eu\nfor a in b; do\n  echo "$a: $(cat <<E)" | { read -r x; }\ndone\n---\n}\n---\n]\n';
  const offences = offencesOf(script, 'run.sh');
  assert.equal(offences.length, 1, JSON.stringify(offences));
  assert.match(offences[0]?.message ?? '', /^This is no YAML: .* \(run\.sh:2, column \d+\)$/);
  assert.match(String(offences[0]?.expected), /a manifest in YAML 1\.2 or JSON, as 'holdfast vm get NAME -o yaml'/);
});

test('bombs are refused: alias expansion, deep nesting, size, number of documents', () => {
  const nine = (at: number): string => `*${'abcdefghi'[at]},`.repeat(9);
  const laughs = `a: &a [x]\n${Array.from('bcdefghij', (key, at) => `${key}: &${key} [${nine(at)}]`).join('\n')}\n`;
  assert.ok(offencesOf(laughs).every(({ code }) => code === 'unsupported'));
  for (const deep of ['[', '- ', '{a: '])
    assert.ok(
      offencesOf(deep.repeat(50_000)).some(({ code }) => code === 'too_deep'),
      deep,
    );
  assert.equal(offencesOf(`a: ${'['.repeat(40)}${']'.repeat(40)}`)[0]?.code, 'too_deep');
  const many = parseDocuments('name: a\n---\n'.repeat(1001));
  assert.ok(!many.ok && many.refusal === 'batch_too_large');
  const large = parseDocuments('#'.repeat(4_194_305));
  assert.ok(!large.ok && large.refusal === 'body_too_large');
});

test('withPlaces() names the line of an offence, of the parent when the field is missing', () => {
  const text =
    'api_version: holdfast/v1\nkind: VirtualMachine\nname: a\nkernel: file:///k\ndisks:\n  - name: x\n    size: 3\n';
  const parsed = parseDocuments(text, { source: 'a.yaml' });
  const document = parsed.ok ? parsed.documents[0] : undefined;
  assert.ok(document);
  const vm = parseVmDocument(document.value, { document: 0, mode: 'manifest' });
  assert.ok(!vm.ok);
  assert.deepEqual(
    withPlaces(vm.offences, [document]).map(({ path, message }) => [path, /\(([^)]*)\)$/.exec(message)?.[1]]),
    [
      ['$.disks[0].size_gib', 'a.yaml:6'],
      ['$.disks[0].size', 'a.yaml:7'],
    ],
  );
});
