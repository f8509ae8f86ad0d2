/** Changes of a VM whose last change has not come: they cost what they do to the guest that runs (ADR 14). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { someFacts } from '../core/instance/testing/builders.ts';
import { type PatchOptions, patchVm } from './operations/patch-vm.ts';
import { listEvents } from './operations/read-operations.ts';
import { isRefused } from './refusal.ts';
import type { FakeNode } from './testing/fake-node.ts';
import { admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, aRunningVm, create, done, refusalOf, verb, vm } from './testing/vm-steps.ts';

const imageUrl = 'https://images.example.org/a.raw';
const missingUrl = 'https://images.example.org/none.raw';
const refuse = { ...any, onRestart: 'refuse', allowReplace: false } as const;
const restart = { ...any, onRestart: 'restart', allowReplace: true } as const;
const defer = { ...any, onRestart: 'defer', allowReplace: true } as const;

const patch = (world: TestPlane, body: object, options: PatchOptions) =>
  patchVm(world.plane.ctx, admin, 'web-1', { body, options });

/** The node holds the newest order, and goes on with the run that it has. */
async function holdUp(world: TestPlane, node: FakeNode): Promise<void> {
  await world.clock.settle();
  await node.pull();
  node.script('web-1', () => ({ seenGeneration: node.desired('web-1').generation }));
  await node.report();
  await world.clock.settle();
}

async function aVmThatRunsAnImage() {
  const { world, node } = await aRunningVm({ image_url: imageUrl, image_format: 'raw', memory_max_mib: 384 });
  const facts = someFacts({ memoryMaxMib: 384, rootDiskBytes: 2 ** 30 });
  node.script('web-1', () => ({ facts }));
  await node.report();
  return { world, node };
}

function lastChange(world: TestPlane): string {
  const page = listEvents(world.plane.ctx, { filter: { code: 'vm_changed' }, limit: 100, cursor: null });
  assert.ok(!isRefused(page));
  return page.events.at(-1)?.message ?? '';
}

test('a change that is held up is taken back whole at no cost: no restart, no consent, and the node is told so', async () => {
  const { world, node } = await aVmThatRunsAnImage();
  const { specHash } = vm(world, 'web-1').record;
  done(await patch(world, { image_url: missingUrl }, restart));
  await holdUp(world, node);
  done(await patch(world, { image_url: imageUrl }, refuse));
  assert.doesNotMatch(lastChange(world), /restart|next start/);
  await world.clock.settle();
  await node.pull();
  assert.equal(node.desired('web-1').specHash, specHash);
  assert.deepEqual([node.desired('web-1').run, node.desired('web-1').changeRuns], [2, 1]);
  await world.stop();
});

test('a change that is held up is taken back beside one that comes in place', async () => {
  const { world, node } = await aVmThatRunsAnImage();
  done(await patch(world, { image_url: missingUrl }, restart));
  await holdUp(world, node);
  done(await patch(world, { image_url: imageUrl, memory_mib: 256 }, refuse));
  assert.doesNotMatch(lastChange(world), /restart|next start/);
  await world.stop();
});

test('what is left of a change, or a reboot of its own, restarts in any case: that is named, and loses nothing', async () => {
  for (const asked of ['something else', 'a reboot']) {
    const { world, node } = await aVmThatRunsAnImage();
    const rest = asked === 'a reboot' ? {} : { cmdline: 'quiet', kernel: missingUrl };
    done(await patch(world, { image_url: missingUrl, ...rest }, restart));
    if (asked === 'a reboot') done(await verb(world, 'web-1', 'reboot'));
    await holdUp(world, node);
    const refused = await patch(world, { image_url: imageUrl }, refuse);
    assert.ok(isRefused(refused), asked);
    assert.equal(refused.code, 'restart_required');
    assert.match(String(refused.details['next_action']), /on_restart=restart: a restart that was asked for before/);
    assert.deepEqual(refused.details['changes'], [
      {
        ...{ field: 'image_url', from: missingUrl, to: imageUrl },
        ...{ cost: 'restart', because: 'restart_asked_before' },
      },
    ]);
    done(await patch(world, { image_url: imageUrl }, { ...restart, allowReplace: false }));
    await world.stop();
  }
});

test('a deferral says that it comes with the restart asked for before, which it cannot hold off', async () => {
  const { world, node } = await aVmThatRunsAnImage();
  done(await patch(world, { image_url: missingUrl }, restart));
  await holdUp(world, node);
  done(await patch(world, { image_url: imageUrl, cmdline: 'quiet', kernel: missingUrl }, defer));
  assert.equal(vm(world, 'web-1').record.run, 2, 'no restart of its own');
  assert.match(lastChange(world), /; it comes with the restart that was asked for before$/);
  await world.stop();
});

test('a deferred change that is taken back needs no restart and no consent, and nothing then waits for one', async () => {
  const { world, node } = await aVmThatRunsAnImage();
  done(await patch(world, { memory_max_mib: 512, image_url: missingUrl }, defer));
  assert.match(lastChange(world), /; applied at the next start$/);
  await holdUp(world, node);
  done(await patch(world, { memory_max_mib: 384, image_url: imageUrl }, refuse));
  assert.doesNotMatch(lastChange(world), /restart|next start/);
  await holdUp(world, node);
  assert.equal(vm(world, 'web-1').record.run, 1);
  const awaited = vm(world, 'web-1').reading.drift.filter(({ cause }) => cause === 'awaiting_restart');
  assert.deepEqual(awaited, []);
  await world.stop();
});

test('of a node that is away nobody knows whether it replaced the disk: its loss is not ruled out', async () => {
  const { world, node } = await aVmThatRunsAnImage();
  done(await patch(world, { image_url: missingUrl }, restart));
  await holdUp(world, node);
  node.session?.close();
  await world.clock.advance(120_000);
  assert.notEqual(vm(world, 'web-1').view.node?.health, 'ready');
  assert.equal(refusalOf(await patch(world, { image_url: imageUrl }, refuse)), 'would_destroy_data');
  await world.stop();
});

test('correcting what could not be fetched for the first start asks for no consent: nothing was made that could be lost', async () => {
  for (const retries of [false, true]) {
    const world = await aPlane();
    const node = await world.node();
    await create(world, 'web-1', { image_url: imageUrl, image_format: 'raw', image_sha256: '0'.repeat(64) });
    await world.clock.settle();
    await node.pull();
    const code = retries ? 'image_unavailable' : 'checksum_mismatch';
    const reason = { code, message: 'It failed', at: world.clock.now(), details: {} } as const;
    const nextAt = retries ? world.clock.now() + 1_000 : null;
    const tried = (everRan: boolean) =>
      node.script('web-1', () => ({
        unready: [{ what: 'disk_not_made', name: 'root' }],
        ...{
          everRan,
          observedGeneration: 0,
          failure: { reason, generation: 1, run: 1 },
          restart: { attempt: 1, nextAt },
        },
        incarnation: node.incarnation(node.desired('web-1'), { state: 'failed', startedAt: null }),
      }));
    tried(true);
    await node.report();
    await world.clock.settle();
    const body = { image_sha256: '1'.repeat(64) };
    assert.equal(
      refusalOf(await patch(world, body, refuse)),
      'would_destroy_data',
      'it ran: its disk has been written to',
    );
    tried(false);
    await node.report();
    await world.clock.settle();
    const answer = await patch(world, body, refuse);
    // What is tried again by itself may be there a moment later.
    if (retries) assert.equal(refusalOf(answer), 'would_destroy_data');
    else done(answer);
    await world.stop();
  }
});
