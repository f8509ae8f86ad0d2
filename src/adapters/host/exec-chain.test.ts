import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StartProcess } from '../../ports/host.ts';
import { EXEC_SCRIPT, execChain } from './exec-chain.ts';

const request: StartProcess = {
  dir: '/data/i/$(touch x)',
  lockFile: '/data/lock; rm',
  argv: ['program', '--flag', '$HOME `id` "\' \n --'],
  stdoutFile: '/data/out',
  stderrFile: '/data/out',
  user: { uid: 1_001, gid: 1_002, groups: [] },
  cgroup: 'g',
};
const head = [
  ...['flock', '--no-fork', '--nonblock', '--conflict-exit-code', '77', '/data/lock; rm'],
  ...['/bin/sh', '-c', EXEC_SCRIPT, 'holdfast-exec', '/data/i/$(touch x)'],
];

test('root drops user, groups, capabilities and the way back; values are arguments, never text (spec §12)', () => {
  assert.deepEqual(execChain(request, true), [
    ...head,
    ...['setpriv', '--reuid', '1001', '--regid', '1002', '--clear-groups'],
    ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--', ...request.argv],
  ]);
  const withGroup: StartProcess = { ...request, user: { uid: 1, gid: 2, groups: [36, 37] } };
  const chain = execChain(withGroup, true);
  assert.deepEqual(chain.slice(chain.indexOf('--regid'), chain.indexOf('--no-new-privs')), [
    ...['--regid', '2', '--groups', '36,37'],
  ]);
});

test('root without another user keeps no capability; others only give up new privileges', () => {
  const own: StartProcess = { ...request, user: null };
  const privileges = (asRoot: boolean) => execChain(own, asRoot).slice(head.length + 1, -request.argv.length);
  assert.deepEqual(privileges(true), ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--']);
  assert.deepEqual(privileges(false), ['--no-new-privs', '--']);
});

test('the script holds no value of any request', () => {
  assert.doesNotMatch(EXEC_SCRIPT, /data|program|1001/);
});
