import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmDocument } from '../client/vm-document.ts';
import { against, list } from './testing/against.ts';
import { aVm } from './testing/vm-documents.ts';

/** A VM whose stop failed; `code` is what its condition `converged` says. */
function anUnstopped(code: string): VmDocument {
  const { conditions } = aVm().status;
  return aVm({
    desired_phase: 'stopped',
    status: {
      phase: 'error',
      reason: {
        ...{ code: 'stop_timeout', message: 'The guest did not power off', since: '2026-03-02T09:13:00.000Z' },
        next_action: "Run 'holdfast vm poweroff web-1' to force it",
      },
      conditions: conditions.map((one) => (one.type === 'converged' ? { ...one, status: 'false', code } : one)),
    },
  });
}

const waitFor = async (vm: VmDocument) =>
  await against(
    { 'GET /v1/vms/web-1': { json: vm }, 'GET /v1/vms': list(vm), 'GET /v1/vms?watch': { events: [] } },
    {},
    ...['vm', 'wait', 'web-1', '--for', 'stopped', '--timeout', '2s'],
  );

test('vm wait --for stopped ends at once where the stop has failed for good (S26), and waits where it is repeated', async () => {
  const failed = await waitFor(anUnstopped('failed'));
  assert.equal(failed.code, 8, failed.stderr);
  assert.match(
    failed.stderr,
    /VM "web-1" failed: The guest did not power off \(stop_timeout\)\nNext: Run 'holdfast vm po/,
  );
  const repeated = await waitFor(anUnstopped('change_propagating'));
  assert.equal(repeated.code, 6, 'the failure is that of an older order');
});

test('vm wait --for stopped waits on where what failed is to be stopped yet', async () => {
  const { status } = anUnstopped('failed');
  const reason = {
    code: 'guest_panicked',
    message: 'It panicked',
    next_action: 'See',
    since: '2026-03-02T09:13:00.000Z',
  };
  const crashed = aVm({ restart_policy: 'never', status: { ...status, reason } });
  assert.equal((await waitFor(crashed)).code, 6);
});

test('vm wait does not take another VM of the same name for the one it began with', async () => {
  const [first, other] = [aVm({ status: { phase: 'starting' } }), aVm({ uid: '0195a3c1-7a44-7c1e-9b1f-00000000000f' })];
  const added = { events: [{ id: '48233', data: { type: 'added', object: other, revision: 48_233, epoch: 1 } }] };
  for (const watch of [added, { events: [] }]) {
    const isListed = watch !== added;
    const run = await against(
      {
        'GET /v1/vms/web-1': { json: first },
        'GET /v1/vms': list(isListed ? other : first),
        'GET /v1/vms?watch': watch,
      },
      {},
      ...['vm', 'wait', 'web-1', '--for', 'running', '--timeout', '2s'],
    );
    assert.equal(run.code, 3, run.stderr);
    assert.match(run.stderr, /VM "web-1" is deleted/);
  }
});
