/** Changes of a VM of which the control plane has not heard that its guest runs (spec §2 "Cost of a change"). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObservedInstance } from '../core/node/observation.ts';
import { type PatchOptions, patchVm } from './operations/patch-vm.ts';
import { admin, type TestPlane } from './testing/test-plane.ts';
import { any, aRunningVm, done, vm } from './testing/vm-steps.ts';

const options = (onRestart: PatchOptions['onRestart']): PatchOptions => ({ ...any, onRestart, allowReplace: false });

/** What the node said last, while the truth is hours ahead of it: the guest may have been let go since. */
const heard: Readonly<Record<string, (observed: ObservedInstance) => Partial<ObservedInstance>>> = {
  'it starts': ({ incarnation }) => ({
    guest: 'frozen',
    incarnation: incarnation && { ...incarnation, state: 'starting', startedAt: null },
  }),
  'it crashed': ({ incarnation }) => ({
    guest: 'none',
    incarnation: incarnation && { ...incarnation, state: 'failed', startedAt: null },
    restart: { attempt: 3, nextAt: 1 },
  }),
};

async function changed(said: keyof typeof heard, onRestart: PatchOptions['onRestart']): Promise<number> {
  const { world, node } = await aRunningVm();
  node.script('web-1', heard[said] ?? assert.fail(said));
  await node.report();
  await world.clock.settle();
  done(await patch(world, { cmdline: 'quiet' }, options(onRestart)));
  const { record } = vm(world, 'web-1');
  assert.equal(record.generation, 2);
  await world.stop();
  return record.run;
}

const patch = (world: TestPlane, body: object, patchOptions: PatchOptions) =>
  patchVm(world.plane.ctx, admin, 'web-1', { body, options: patchOptions });

test('a change while a VM starts, or waits for its next try, asks for no new run without on_restart=restart', async () => {
  for (const said of Object.keys(heard)) {
    assert.equal(await changed(said, 'refuse'), 1, `${said}: the guest may run by now, and nobody has consented`);
    assert.equal(await changed(said, 'defer'), 1, `${said}, defer`);
    assert.equal(await changed(said, 'restart'), 2, `${said}, restart: whatever has come of it`);
  }
});
