import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionValues } from '../../cli/option-values.ts';
import { logLevelOf, nodeNameIn, nodeNameOf, strangerPolicyOf } from './role-options.ts';

test('a node is named as its host is, and every host name gives a name that is allowed', () => {
  const names: readonly (readonly [hostname: string, name: string])[] = [
    ['rack1-7.example.org', 'rack1-7'],
    ['Build_Box', 'build-box'],
    ['7-of-9', 'of-9'],
    ['42', 'node-1'],
    [`${'a'.repeat(62)}-b`, 'a'.repeat(62)],
  ];
  for (const [hostname, name] of names) {
    assert.equal(nodeNameOf(hostname), name);
    assert.equal(nodeNameIn(optionValues({}), name), name);
  }
});

test('a wrong name of a node is refused with the rule that it breaks', () => {
  assert.throws(() => nodeNameIn(optionValues({ node: 'rack-' }), 'node-1'), {
    code: 'usage',
    message: /--node "rack-".*not ending with '-'/,
  });
});

test('a log level that there is not is refused with those there are, also by the environment; none is info', () => {
  const level = (env: Readonly<Record<string, string>>, flags = {}) => logLevelOf(optionValues(flags), env);
  assert.equal(level({}), 'info');
  assert.equal(level({ HOLDFAST_LOG_LEVEL: '' }), 'info');
  assert.equal(level({ HOLDFAST_LOG_LEVEL: 'debug' }), 'debug');
  assert.equal(level({ HOLDFAST_LOG_LEVEL: 'verbose' }, { 'log-level': 'warn' }), 'warn');
  for (const wrong of ['verbose', 'INFO', ' ']) {
    assert.throws(() => level({ HOLDFAST_LOG_LEVEL: wrong }), {
      code: 'usage',
      message: `HOLDFAST_LOG_LEVEL is debug, info, warn or error, not '${wrong}'`,
    });
  }
});

test('--join-cluster takes the id of a cluster and nothing that cannot be one, which no node would ever have joined', () => {
  const joins = (id: string): string | null => strangerPolicyOf(optionValues({ 'join-cluster': id })).joinCluster;
  assert.equal(strangerPolicyOf(optionValues({})).joinCluster, null);
  assert.equal(joins('0195a3c0-5e1f-7b3c-8d2e-4f6a7b8c9d10'), '0195a3c0-5e1f-7b3c-8d2e-4f6a7b8c9d10');
  for (const wrong of [
    '',
    'node-1',
    '0195a3c0',
    '0195a3c0-5e1f-7b3c-8d2e-4f6a7b8c9d1g',
    '0195A3C0-5E1F-7B3C-8D2E-4F6A7B8C9D10',
  ]) {
    assert.throws(() => joins(wrong), {
      code: 'usage',
      message: new RegExp(`^Cannot use --join-cluster "${wrong}": `),
    });
  }
});
