import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefersYaml } from './prefers-yaml.ts';

test('YAML is answered where Accept prefers it, in any case of letters, by quality, closeness and place', () => {
  const cases: readonly (readonly [accept: string | undefined, yaml: boolean])[] = [
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['application/*', false],
    ['text/html', false],
    ['application/json', false],
    ['application/yaml', true],
    ['Application/YAML', true],
    ['application/x-yaml; charset=utf-8', true],
    ['text/yaml', true],
    ['text/*', true],
    ['application/yaml, */*', true],
    ['*/*, application/yaml', true],
    ['application/yaml, application/json', true],
    ['application/json, application/yaml', false],
    ['application/json;q=0.5, application/yaml', true],
    ['application/yaml;q=0.5, application/json', false],
    ['application/yaml;q=0.5, */*;q=0.1', true],
    ['application/yaml;q=0.1, */*', false],
    ['application/yaml; Q=0.9, application/json;q=0.8', true],
    ['application/yaml;q=0', false],
    ['application/yaml;q=0, text/html', false],
    ['application/yaml;q=high', false],
    ['application/yamlish', false],
    [',;,q=1,', false],
  ];
  for (const [accept, yaml] of cases) assert.equal(prefersYaml(accept), yaml, accept);
});
