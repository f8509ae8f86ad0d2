import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorRow } from '../core/kit/error-table.ts';
import { defaultCapacityLimits } from '../core/placement/resources.ts';
import { applyBatch } from './operations/apply-batch.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm, resizeVm } from './operations/patch-vm.ts';
import { getNode } from './operations/read-operations.ts';
import { isRefused } from './refusal.ts';
import { aSlowDisk } from './testing/slow-disk.ts';
import { aBody, admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, create, done, follow, refusalOf, refuse, verb, vm } from './testing/vm-steps.ts';

/** Room for exactly four VMs of 128 MiB. */
const smallNode = { cpuCores: 1, memoryMib: 512 + 4 * (128 + 64) };

const codeOf = (world: TestPlane, name: string) => vm(world, name).reading.reason?.code ?? 'placed';
const restart = { ...any, onRestart: 'restart', allowReplace: false } as const;
const forwards = (hostIp: string, hostPort: number) => ({
  nics: [{ forwards: [{ host_ip: hostIp, host_port: hostPort, guest_port: 80 }] }],
});
const manifest = (name: string, fields: object) => ({
  api_version: 'holdfast/v1',
  kind: 'VirtualMachine',
  ...aBody(name, fields),
});
const apply = (world: TestPlane, documents: readonly unknown[]) =>
  applyBatch(world.plane.ctx, admin, {
    documents,
    consent: { onRestart: 'restart', allowReplace: false },
    prune: null,
  });

async function aSmallNode(count: number, fields: object = {}) {
  const world = await aPlane();
  const node = await world.node({ capacity: smallNode });
  for (let at = 0; at < count; at += 1) await create(world, `vm-${at}`, fields);
  await follow(world, node);
  return { world, node };
}

test('a VM that no node has room for is pending with what is short, and is placed when room is given back', async () => {
  const { world, node } = await aSmallNode(5);
  const waiting = vm(world, 'vm-4').reading;
  assert.equal(waiting.phase, 'pending');
  assert.equal(waiting.reason?.code, 'insufficient_resources');
  assert.equal(
    waiting.reason?.message,
    'No fitting node has room for 1 cpu core and 192 MiB of memory (overhead of 64 MiB of memory included); ' +
      'node "node-1" is short of 192 MiB of memory',
  );
  assert.deepEqual(waiting.reason?.details['short'], { cpu_cores: 0, memory_mib: 192 });
  // A VM that is stopped keeps its room: nobody is told to stop one.
  assert.match(waiting.reason?.nextAction ?? '', /delete other VMs/);
  assert.doesNotMatch(errorRow('insufficient_resources').nextAction ?? '', /[Ss]top other/);
  // Whoever asks for less makes room only as far as it goes.
  done(await patchVm(world.plane.ctx, admin, 'vm-0', { body: { memory_mib: 32 }, options: restart }));
  await follow(world, node);
  assert.deepEqual(vm(world, 'vm-4').reading.reason?.details['short'], { cpu_cores: 0, memory_mib: 96 });
  done(await deleteVm(world.plane.ctx, admin, 'vm-1', { ...any, graceful: false, forget: false }));
  await world.clock.settle();
  assert.equal(codeOf(world, 'vm-4'), 'insufficient_resources', 'what is being removed still holds its memory');
  await follow(world, node);
  assert.equal(codeOf(world, 'vm-4'), 'placed');
  await world.stop();
});

test('a placed VM is never un-placed: not by a smaller node, not by tighter limits', async () => {
  const { world, node } = await aSmallNode(4);
  node.session?.close();
  const back = await world.node({ session: 'after', capacity: { cpuCores: 1, memoryMib: 600 } });
  await world.clock.settle();
  await back.pull();
  assert.equal(back.assignment?.instances.length, 4);
  assert.ok([0, 1, 2, 3].every((at) => codeOf(world, `vm-${at}`) === 'placed'));
  done(await patchVm(world.plane.ctx, admin, 'vm-0', { body: { labels: { a: 'b' } }, options: refuse }));
  done(await patchVm(world.plane.ctx, admin, 'vm-0', { body: { memory_mib: 64 }, options: restart }));
  assert.equal(
    refusalOf(await patchVm(world.plane.ctx, admin, 'vm-0', { body: { memory_mib: 129 }, options: restart })),
    'insufficient_resources',
  );
  await world.stop();
});

test('a change that waits for a restart gives nothing back before it: the process still has its memory and its port', async () => {
  const { world, node } = await aSmallNode(3);
  await create(world, 'busy', forwards('127.0.0.1', 8080));
  await follow(world, node);
  const defer = { ...any, onRestart: 'defer', allowReplace: false } as const;
  done(await patchVm(world.plane.ctx, admin, 'busy', { body: { memory_mib: 32, nics: [] }, options: defer }));
  await create(world, 'next', { memory_mib: 32 });
  await create(world, 'listens', { memory_mib: 32, ...forwards('127.0.0.1', 8080) });
  await follow(world, node);
  assert.equal(codeOf(world, 'next'), 'insufficient_resources');
  assert.equal(codeOf(world, 'listens'), 'port_conflict');
  const back = await patchVm(world.plane.ctx, admin, 'busy', { body: { memory_mib: 128 }, options: defer });
  done(back);
  done(await patchVm(world.plane.ctx, admin, 'busy', { body: { memory_mib: 32 }, options: defer }));
  done(await verb(world, 'busy', 'reboot'));
  await follow(world, node);
  assert.deepEqual([codeOf(world, 'next'), codeOf(world, 'listens')], ['placed', 'insufficient_resources']);
  await world.stop();
});

test('a forgotten VM holds its room until its node says that it is gone, also over a restart of the control plane', async () => {
  const { world, node } = await aSmallNode(4);
  done(await deleteVm(world.plane.ctx, admin, 'vm-0', { ...any, graceful: false, forget: true }));
  await create(world, 'vm-0');
  await world.clock.settle();
  assert.equal(codeOf(world, 'vm-0'), 'insufficient_resources', 'the name is free, the memory is not');
  await world.stop();
  const next = await aPlane(world);
  const back = await next.node({ session: 'after', capacity: smallNode });
  for (const [uid, observed] of node.observed) back.observed.set(uid, observed);
  await next.clock.settle();
  assert.equal(codeOf(next, 'vm-0'), 'insufficient_resources');
  await follow(next, back);
  assert.equal(codeOf(next, 'vm-0'), 'placed');
  await next.stop();
});

test('a resize beyond what the node has is refused with what is short, and changes nothing', async () => {
  const { world } = await aSmallNode(3);
  const resize = (name: string, memory: number) =>
    resizeVm(world.plane.ctx, admin, name, { body: { memory_mib: memory }, options: restart });
  const refused = await resize('vm-0', 321);
  assert.equal(refusalOf(refused), 'insufficient_resources');
  assert.deepEqual('refused' in refused && refused.details['short'], { cpu_cores: 0, memory_mib: 1 });
  assert.equal(vm(world, 'vm-0').record.generation, 1);
  done(await resize('vm-0', 320));
  assert.equal(refusalOf(await resize('vm-1', 129)), 'insufficient_resources');
  await world.stop();
});

test('two resizes at once cannot both take the last room, and neither can a resize and a placement', async () => {
  const { world } = await aSmallNode(3);
  const resize = (name: string) =>
    resizeVm(world.plane.ctx, admin, name, { body: { memory_mib: 300 }, options: restart });
  const answers = await Promise.all([resize('vm-0'), resize('vm-1')]);
  assert.deepEqual(answers.map((answer) => ('refused' in answer ? answer.code : 'done')).sort(), [
    'done',
    'insufficient_resources',
  ]);
  await world.stop();
  const other = await aSmallNode(3);
  const grown = resizeVm(other.world.plane.ctx, admin, 'vm-0', { body: { memory_mib: 300 }, options: restart });
  await create(other.world, 'vm-3');
  const answer = await grown;
  await other.world.clock.settle();
  const placed = codeOf(other.world, 'vm-3') === 'placed';
  assert.notEqual(placed, !('refused' in answer), 'exactly one of them has it');
  await other.world.stop();
});

test('VMs of one apply are judged together: they may swap a port, and may not take the last room twice', async () => {
  const { world, node } = await aSmallNode(0);
  done(await apply(world, [manifest('a', forwards('127.0.0.1', 8080)), manifest('b', forwards('127.0.0.1', 8081))]));
  await follow(world, node);
  const swapped = [manifest('a', forwards('127.0.0.1', 8081)), manifest('b', forwards('0.0.0.0', 8080))];
  done(await apply(world, swapped));
  const clash = [manifest('a', forwards('127.0.0.1', 9000)), manifest('b', forwards('0.0.0.0', 9000))];
  assert.equal(refusalOf(await apply(world, clash)), 'port_conflict');
  const both = ['a', 'b'].map((name) => manifest(name, { memory_mib: 400 }));
  assert.equal(refusalOf(await apply(world, both)), 'insufficient_resources');
  done(await apply(world, [manifest('a', { memory_mib: 500 }), manifest('b', { memory_mib: 140 })]));
  await world.stop();
});

test('a port of every address is taken for each of them, at placement and by a change (port_conflict)', async () => {
  const { world, node } = await aSmallNode(0);
  await create(world, 'first', forwards('0.0.0.0', 8080));
  await create(world, 'second', forwards('127.0.0.1', 8080));
  await create(world, 'third', forwards('127.0.0.1', 8081));
  await follow(world, node);
  assert.equal(codeOf(world, 'first'), 'placed');
  assert.equal(codeOf(world, 'second'), 'port_conflict');
  const change = { body: forwards('0.0.0.0', 8080), options: restart };
  const refused = await patchVm(world.plane.ctx, admin, 'third', change);
  assert.equal(refusalOf(refused), 'port_conflict');
  assert.equal('refused' in refused && refused.details['held_by'], 'first');
  done(await patchVm(world.plane.ctx, admin, 'first', { body: { nics: [] }, options: restart }));
  await world.clock.settle();
  assert.equal(codeOf(world, 'second'), 'port_conflict', 'the process that listens on it is still there');
  await follow(world, node);
  assert.equal(codeOf(world, 'second'), 'placed');
  await world.stop();
});

test('a change of a VM on no node that meets its placement is judged by where it was put', async () => {
  const world = await aPlane();
  await create(world, 'vm-0');
  await create(world, 'vm-1');
  await world.clock.settle();
  const [, grown] = await Promise.all([
    world.node({ capacity: smallNode }),
    patchVm(world.plane.ctx, admin, 'vm-0', { body: { memory_mib: 600 }, options: restart }),
  ]);
  await world.clock.settle();
  const sizes = ['vm-0', 'vm-1'].filter((name) => codeOf(world, name) === 'placed');
  const used = sizes.reduce((sum, name) => sum + vm(world, name).record.spec.memoryMib + 64, 0);
  assert.ok(used <= smallNode.memoryMib - 512, `${used} MiB are promised`);
  assert.ok('refused' in grown || vm(world, 'vm-0').record.spec.memoryMib === 600);
  await world.stop();
});

test('limits are settings: reserve, overhead and ratios say what a node offers, and the node shows it', async () => {
  const capacity = {
    ...defaultCapacityLimits,
    cpuOvercommit: 2,
    memoryOvercommit: 2,
    hostReserve: { cpuCores: 1, memoryMib: 1024 },
    vmOverhead: { cpuCores: 0, memoryMib: 100 },
  };
  const world = await aPlane({ config: { capacity } });
  await world.node({ capacity: { cpuCores: 3, memoryMib: 2048 } });
  await create(world, 'vm-0', { cpu_cores: 4 });
  await create(world, 'vm-1', { cpu_cores: 1 });
  await world.clock.settle();
  assert.equal(codeOf(world, 'vm-0'), 'placed');
  assert.match(vm(world, 'vm-1').reading.reason?.message ?? '', /node "node-1" is short of 1 cpu core$/);
  const node = getNode(world.plane.ctx, 'node-1') as { readonly status: Record<string, unknown> };
  assert.deepEqual(node.status['allocatable'], { cpu_cores: 4, memory_mib: 2048 });
  assert.deepEqual(node.status['allocated'], { cpu_cores: 4, memory_mib: 228 });
  await world.stop();
});

test('many VMs of one node grow at the same time: each takes its room, none is told of a conflict', async () => {
  const world = await aPlane();
  const node = await world.node({ capacity: { cpuCores: 8, memoryMib: 64 * 1024 } });
  const names = Array.from({ length: 64 }, (_, at) => `vm-${at}`);
  for (const name of names) await create(world, name);
  await follow(world, node);
  const grow = (name: string) => patchVm(world.plane.ctx, admin, name, { body: { memory_mib: 256 }, options: restart });
  const answers = await Promise.all(names.map(grow));
  assert.deepEqual(answers.filter(isRefused), []);
  assert.ok(names.every((name) => vm(world, name).record.spec.memoryMib === 256));
  await world.stop();
});

test('room that nobody runs in is given back by who asks for less: a VM that waits for it is placed', async () => {
  const { world } = await aSmallNode(4, { desired_phase: 'stopped' });
  await create(world, 'late', { memory_mib: 64 });
  await world.clock.settle();
  assert.equal(codeOf(world, 'late'), 'insufficient_resources');
  for (const name of ['vm-0', 'vm-1']) {
    done(await patchVm(world.plane.ctx, admin, name, { body: { memory_mib: 64 }, options: refuse }));
  }
  await world.clock.settle();
  assert.equal(codeOf(world, 'late'), 'placed');
  await world.stop();
});

test('a change of a VM that is placed in that moment is judged by the node it gets', async () => {
  const disk = aSlowDisk();
  const world = await aPlane({ decideFate: disk.decideFate });
  await world.node({ capacity: smallNode });
  disk.slowAfterNext();
  await create(world, 'web-1');
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').view.placement, null, 'its placement is on the way to the disk');
  const changed = patchVm(world.plane.ctx, admin, 'web-1', { body: { memory_mib: 4_096 }, options: refuse });
  await world.clock.settle();
  disk.release();
  assert.equal(refusalOf(await changed), 'insufficient_resources');
  await world.stop();
});

test('a VM whose change is on its way to the disk is placed by what it becomes, not by what it was (spec §8)', async () => {
  const slow = Promise.withResolvers<void>();
  let beside: () => Promise<void> = async () => undefined;
  const world = await aPlane({ decideFate: () => beside().then(() => ({ kind: 'durable' })) });
  await create(world, 'web-1');
  let changed: ReturnType<typeof patchVm> | null = null;
  beside = async () => {
    beside = () => slow.promise;
    changed = patchVm(world.plane.ctx, admin, 'web-1', { body: { memory_mib: 4_096 }, options: refuse });
  };
  await world.node({ capacity: smallNode });
  await world.clock.settle();
  assert.equal(codeOf(world, 'web-1'), 'no_nodes', 'the scheduler has seen the node, and the VM as it was');
  slow.resolve();
  assert.ok(changed !== null);
  done(await changed);
  await world.clock.settle();
  assert.equal(codeOf(world, 'web-1'), 'insufficient_resources');
  await world.stop();
});

test('two applies at once cannot both take the last room', async () => {
  const { world } = await aSmallNode(3);
  const grown = (name: string) => apply(world, [manifest(name, { memory_mib: 320 })]);
  const answers = await Promise.all([grown('vm-0'), grown('vm-1')]);
  assert.deepEqual(answers.map((answer) => (isRefused(answer) ? answer.code : answer.kind)).toSorted(), [
    'done',
    'insufficient_resources',
  ]);
  await world.stop();
});
