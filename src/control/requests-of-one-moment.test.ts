/** Requests that are decided upon the same state: none of them undoes another (spec §4, compare-and-set). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmRecord } from '../core/instance/vm-record.ts';
import { applyBatch } from './operations/apply-batch.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm, resizeVm } from './operations/patch-vm.ts';
import { pauseVm } from './operations/sync-verb-vm.ts';
import { aSlowDisk } from './testing/slow-disk.ts';
import { aBody, admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, aRunningVm, create, done, refuse, task, verb, vm } from './testing/vm-steps.ts';

const restart = { ...any, onRestart: 'restart', allowReplace: false } as const;
const memory = { body: { memory_mib: 256 }, options: restart };

/** What each request leaves in the record. */
const requests: Readonly<
  Record<string, readonly [ask: (world: TestPlane) => Promise<object>, holds: (record: VmRecord) => boolean]>
> = {
  stop: [(world) => verb(world, 'web-1', 'stop'), ({ desiredPhase }) => desiredPhase === 'stopped'],
  poweroff: [(world) => verb(world, 'web-1', 'poweroff'), ({ stopMode }) => stopMode === 'forced'],
  reboot: [(world) => verb(world, 'web-1', 'reboot'), ({ run }) => run === 2],
  pause: [
    ({ plane }) => pauseVm(plane.sync, admin, 'web-1', { verb: 'pause', precondition: any }),
    ({ desiredPaused }) => desiredPaused,
  ],
  delete: [
    ({ plane }) => deleteVm(plane.ctx, admin, 'web-1', { ...any, graceful: false, forget: false }),
    ({ desiredPhase }) => desiredPhase === 'deleted',
  ],
  patch: [({ plane }) => patchVm(plane.ctx, admin, 'web-1', memory), ({ spec }) => spec.memoryMib === 256],
  resize: [({ plane }) => resizeVm(plane.ctx, admin, 'web-1', memory), ({ spec }) => spec.memoryMib === 256],
};

for (const [name, [ask, holds]] of Object.entries(requests)) {
  test(`${name} and a change of the same VM in the same moment are both kept, whichever is first`, async () => {
    for (const isFirst of [true, false]) {
      const { world } = await aRunningVm();
      const label = () =>
        patchVm(world.plane.ctx, admin, 'web-1', { body: { labels: { app: 'web' } }, options: refuse });
      const [one, other] = isFirst ? [ask(world), label()] : [label(), ask(world)];
      const isRefused = [await one, await other].some((answer) => 'refused' in answer);
      const { record } = vm(world, 'web-1');
      assert.ok(holds(record), 'it holds');
      // What is being deleted is changed no more.
      if (name === 'delete' && isFirst) assert.ok(isRefused);
      else assert.deepEqual([isRefused, record.labels], [false, { app: 'web' }]);
      await world.stop();
    }
  });
}

test('an apply and a stop of the same VM in the same moment are both kept, whichever is first', async () => {
  for (const isFirst of [true, false]) {
    const { world } = await aRunningVm();
    const fields = aBody('web-1', { memory_mib: 256 });
    const documents = [{ api_version: 'holdfast/v1', kind: 'VirtualMachine', ...fields }];
    const apply = () => applyBatch(world.plane.ctx, admin, { documents, consent: restart, prune: null });
    const stop = () => verb(world, 'web-1', 'stop');
    const [one, other] = isFirst ? [apply(), stop()] : [stop(), apply()];
    await one;
    await other;
    const { spec, desiredPhase, generation } = vm(world, 'web-1').record;
    assert.deepEqual([spec.memoryMib, desiredPhase, generation], [256, 'stopped', 3]);
    await world.stop();
  }
});

test('one name is created once, however many ask in the same moment', async () => {
  const world = await aPlane();
  const answers = await Promise.allSettled([create(world, 'web-1'), create(world, 'web-1')]);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  await world.stop();
});

test('a task whose end is on its way to the disk is not superseded any more: it never reopens (spec §4)', async () => {
  const disk = aSlowDisk();
  const world = await aPlane({ decideFate: disk.decideFate });
  const node = await world.node();
  const created = await create(world, 'web-1');
  await world.clock.settle();
  await node.pull();
  disk.slowAfterNext();
  await node.obey();
  await world.clock.settle();
  assert.notEqual(task(world, created).status, 'success', 'its end is on the way');
  const deleted = deleteVm(world.plane.ctx, admin, 'web-1', { ...any, graceful: false, forget: false });
  await world.clock.settle();
  disk.release();
  done(await deleted);
  assert.equal(task(world, created).status, 'success');
  await world.stop();
});
