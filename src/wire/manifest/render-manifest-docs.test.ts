import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import { renderManifestDocs } from './render-manifest-docs.ts';
import { renderSpec } from './render-vm.ts';
import { desiredShape } from './vm-schema.ts';

const text = renderManifestDocs();
const rows = text.split('\n').filter((line) => line.startsWith('| `'));

test('docs/guides/manifest.md is the rendered schema', () => {
  assert.equal(readFileSync(new URL('../../../docs/guides/manifest.md', import.meta.url), 'utf8'), text);
});

test('every field has its type, its default, its meaning, and at the top its cost', () => {
  for (const row of rows) {
    const cells = row.slice(2, -2).split(/(?<!\\) \| /);
    assert.ok(cells.length === 4 || cells.length === 5, row);
    assert.ok(
      cells.every((cell) => cell !== ''),
      row,
    );
    assert.ok(!row.includes('undefined'), row);
  }
  for (const field of Object.keys(desiredShape)) {
    assert.equal(rows.filter((row) => row.startsWith(`| \`${field}\` |`)).length, 1, field);
  }
});

test('a documented default is what an absent field resolves to', () => {
  const spec = resolveSpec({ name: 'a', kernel: 'file:///k', nics: [] }, { uid: 'u', clusterArchitecture: 'amd64' });
  const resolved = renderSpec(spec, 'shown') as Readonly<Record<string, unknown>>;
  const documented = rows.flatMap((row) => {
    const [, field = '', fallback = ''] = /^\| `([a-z_]+)` \| (?:[^|]|\\\|)* \| `([^`]*)` \|/.exec(row) ?? [];
    return field in resolved ? [[field, fallback] as const] : [];
  });
  assert.ok(documented.length >= 15, `${documented.length} defaults`);
  for (const [field, fallback] of documented) {
    const value = resolved[field];
    assert.equal(typeof value === 'string' ? value : JSON.stringify(value), fallback, field);
  }
});
