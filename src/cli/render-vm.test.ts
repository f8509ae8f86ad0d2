/** What `vm get` and `vm list` say of one VM; how the pages look is in the golden files of `render.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmDocument } from '../client/vm-document.ts';
import { createPaint } from './paint.ts';
import { renderVmGet } from './render-vm-get.ts';
import { renderVmList } from './render-vm-list.ts';
import { aVm, failed, held, lookedAt, noRoom, poweredOff } from './testing/vm-documents.ts';
import type { View } from './view.ts';

const pipe: View = { paint: createPaint(false), columns: null, now: lookedAt };

/** The lines of one page that begin with a word. */
const linesOf = (page: string, word: string): readonly string[] =>
  page.split('\n').filter((line) => line.startsWith(`${word} `));

test('vm get has one line of each aspect: what holds a run up is said beside it, not in a second one', () => {
  const vm = aVm({ run: 2, generation: 5, status: { drift: [held('run', 2, 1)] } });
  const lines = linesOf(renderVmGet(vm, pipe), 'run');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /2 +≠ +1 +held up: only its process still has what a lost file/);
});

test('vm get says of a VM that is gone neither that it is not in sync nor what a node has not seen', () => {
  const gone = aVm({
    desired_phase: 'deleted',
    generation: 5,
    status: {
      ...{ phase: 'gone', node: null, incarnation: null, seen_generation: 0, observed_generation: 0, conditions: [] },
      ...{ metrics: null, image: null, running_hash: null, drift: [], addresses: [], observed_at: null },
    },
  });
  const page = renderVmGet(gone, pipe);
  assert.match(page, /^web-1 {2}gone\n/);
  assert.doesNotMatch(page, /sync|≠|not seen|never|CONDITION/);
});

test('vm get counts tries to get what a guest needs as tries, not as restarts by its restart policy', () => {
  const restart = { attempt: 3, backing_off: true, next_at: '2026-03-02T09:14:20.000Z' };
  const reason = {
    code: 'image_unavailable',
    message: 'Cannot fetch it',
    next_action: 'See',
    since: '2026-03-02T09:14:07.310Z',
  };
  const page = (status: Partial<VmDocument['status']>): string =>
    renderVmGet(aVm({ status: { restart, ...status } }), pipe);
  assert.match(page({ phase: 'error', reason, incarnation: null }), /^tries +3 failed$/m);
  assert.doesNotMatch(page({ phase: 'error', reason, incarnation: null }), /^restarts/m);
  assert.match(
    page({ phase: 'error', reason: { ...reason, code: 'guest_panicked' } }),
    /^restarts +attempt 3, by on_failure$/m,
  );
  assert.match(page({}), /^restarts +attempt 3, by on_failure$/m, 'it runs again');
});

test('vm list says of a guest that its hypervisor stopped what it waits for, and of a change held up what holds it up', () => {
  const note = (vm: VmDocument): string => renderVmList([vm], { wide: false }, pipe);
  assert.match(note(noRoom), / {2}The node has no room on its disk for what the guest writes;/);
  assert.doesNotMatch(note(noRoom), /it failed/);
  const reboot = aVm({ run: 2, generation: 5, status: { drift: [held('run', 2, 1)] } });
  assert.match(note(reboot), /run is 1, wanted 2: held up: only its process still has what a lost file of a disk held/);
});

test('vm get alarms nobody with the colour of what is false because it is to be off', () => {
  const { conditions } = poweredOff.status;
  const off = {
    type: 'running',
    status: 'false',
    code: 'guest_power_off',
    message: 'Off',
    generation: 4,
    since: '2026-03-02T09:13:00.000Z',
  };
  const red = '\u001b[31mfalse';
  const page = (vm: VmDocument): string => renderVmGet(vm, { ...pipe, paint: createPaint(true) });
  const conditionsOff = conditions.map((condition) => (condition.type === 'running' ? off : condition));
  assert.ok(!page({ ...poweredOff, status: { ...poweredOff.status, conditions: conditionsOff } }).includes(red));
  assert.ok(page(failed).includes(red), 'one that is to run and does not is red');
  const unhealthy = conditions.map((condition) =>
    condition.type === 'healthy' ? { ...condition, status: 'false' } : condition,
  );
  assert.ok(page(aVm({ status: { conditions: unhealthy } })).includes(red), 'so is a check that fails');
});

test('vm get shows what its user wrote of a VM, the first line of it, and nothing where nothing was written', () => {
  const page = renderVmGet(aVm({ description: 'Front of the shop\nAsk Jo before you stop it' }), pipe);
  assert.match(page, /^description +Front of the shop …$/m);
  assert.match(renderVmGet(aVm({ description: 'One line' }), pipe), /^description +One line$/m);
  for (const description of [null, '']) assert.doesNotMatch(renderVmGet(aVm({ description }), pipe), /^description/m);
});
