import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionValues } from '../../cli/option-values.ts';
import { paceArguments, paceOf } from './pace-options.ts';

test('the pace of an agent is read within its bounds, and handed on by up as it was said', () => {
  assert.deepEqual(paceOf(optionValues({})), { passIntervalMs: null, metricsMs: null });
  const said = optionValues({ interval: '5s', heartbeat: '2m' });
  assert.deepEqual(paceOf(said), { passIntervalMs: 5_000, metricsMs: 120_000 });
  assert.deepEqual(paceArguments(said), ['--interval', '5s', '--heartbeat', '2m']);
  for (const wrong of ['0s', '10ms', '2h', 'often']) {
    assert.throws(() => paceOf(optionValues({ heartbeat: wrong })), { code: 'usage' }, wrong);
    assert.throws(() => paceOf(optionValues({ interval: wrong })), { code: 'usage' }, wrong);
  }
});
