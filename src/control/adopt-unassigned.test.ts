import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredVm } from '../core/instance/desired.ts';
import { hashSpec } from '../wire/hash-spec.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { getNode } from './operations/read-operations.ts';
import { type EventRow, eventPrefix, rowOf } from './rows.ts';
import type { FakeNode } from './testing/fake-node.ts';
import { admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, aRunningVm, create, done, follow, verb, vm } from './testing/vm-steps.ts';

/** A VM as a node remembers it of a control plane whose store is lost, and that node in another cluster. */
async function anOrphan(fields: object = {}): Promise<{ world: TestPlane; node: FakeNode; order: DesiredVm }> {
  const first = await aRunningVm({ labels: { app: 'web' }, memory_mib: 384, ...fields });
  done(await verb(first.world, 'web-1', 'reboot'));
  await follow(first.world, first.node);
  const order = first.node.desired('web-1');
  await first.world.stop();
  const world = await aPlane();
  const node = await world.node();
  await node.pull();
  offer(node, order);
  return { world, node, order };
}

function offer(node: FakeNode, ...orders: readonly DesiredVm[]): void {
  node.unassigned = orders.map((order) => ({ uid: order.uid, name: order.name, state: 'running', order }));
}

const eventsOf = ({ plane }: TestPlane, code: string): readonly EventRow[] =>
  plane.ctx.store
    .list(eventPrefix)
    .map((entry) => rowOf<EventRow>(entry).value)
    .filter((event) => event.code === code);

const leftOf = (world: TestPlane): unknown => {
  const { status } = getNode(world.plane.ctx, 'node-1') as { status: { unassigned: unknown } };
  return status.unassigned;
};

test('what a node offers is taken over as it is: uid, run, specification; the generation goes on above (§3)', async () => {
  const { world, node, order } = await anOrphan();
  await node.report();
  await world.clock.settle();
  const { record, view } = vm(world, 'web-1');
  assert.equal(record.uid, order.uid);
  assert.deepEqual(record.spec, order.spec);
  assert.equal(record.specHash, hashSpec(order.spec));
  assert.deepEqual([record.run, record.generation], [order.run, order.generation + 1]);
  assert.deepEqual([record.managedBy, record.labels], [{ source: 'api' }, {}]);
  assert.equal(record.declared['memory_mib'], 384);
  assert.equal('cpu_cores' in record.declared, false, 'defaults stay unsaid');
  assert.ok(view.placement?.kind === 'placed');
  assert.deepEqual([view.placement.node, view.placement.number], ['node-1', order.placement]);
  assert.equal(eventsOf(world, 'adopted').length, 1);
  assert.deepEqual(eventsOf(world, 'unassigned_runtime'), []);
  assert.deepEqual(leftOf(world), []);
  // A report that was on its way changes nothing; then the node hears of it.
  await node.report();
  assert.equal(vm(world, 'web-1').record.generation, order.generation + 1);
  node.unassigned = [];
  await follow(world, node);
  assert.equal(vm(world, 'web-1').reading.inSync, true);
  await world.stop();
});

test('a stopped VM is taken over stopped', async () => {
  const { world, node, order } = await anOrphan();
  offer(node, { ...order, desiredPhase: 'stopped', stopMode: 'forced' });
  await node.report();
  const { record } = vm(world, 'web-1');
  assert.deepEqual([record.desiredPhase, record.stopMode], ['stopped', 'forced']);
  await world.stop();
});

test('where something stands against it, it stays unassigned, and each reason is told once (§3)', async () => {
  const { world, node, order } = await anOrphan();
  await create(world, 'web-1', {});
  await node.report();
  await node.report();
  const [told, ...more] = eventsOf(world, 'unassigned_runtime');
  assert.deepEqual(more, []);
  assert.match(told?.message ?? '', /web-1; it is left as it is, and not adopted: the name "web-1" is taken/);
  const { uid, name } = order;
  const because = 'the name "web-1" is taken by another VM';
  assert.deepEqual(leftOf(world), [{ uid, name, state: 'running', not_adopted: because }]);
  assert.notEqual(vm(world, 'web-1').record.uid, uid);
  offer(node, { ...order, name: 'Not A Name' });
  await node.report();
  assert.match(eventsOf(world, 'unassigned_runtime').at(-1)?.message ?? '', /cannot be declared: \$\.name: /);
  assert.equal(eventsOf(world, 'adopted').length, 0);
  await world.stop();
});

test('a host port that was promised to another VM of the node stands against it', async () => {
  const nics = [{ forwards: [{ host_port: 8080, guest_port: 80 }] }];
  const { world, node, order } = await anOrphan({ nics });
  await create(world, 'other', { nics });
  await node.pull();
  await node.report();
  assert.match(JSON.stringify(leftOf(world)), /host port tcp 127\.0\.0\.1:8080 was promised to VM \\"other\\"/);
  assert.equal(world.plane.model.getByUid(order.uid), undefined);
  await world.stop();
});

test('what was deleted is never revived by an offer (§4)', async () => {
  const { world, node, order } = await anOrphan();
  await node.report();
  node.unassigned = [];
  await follow(world, node);
  done(await deleteVm(world.plane.ctx, admin, 'web-1', { ...any, graceful: false, forget: false }));
  await follow(world, node);
  assert.equal(world.plane.model.get('web-1'), undefined);
  offer(node, order);
  await node.report();
  assert.equal(world.plane.model.get('web-1'), undefined);
  assert.match(JSON.stringify(leftOf(world)), /it was deleted/);
  await world.stop();
});

test('of two nodes that offer the same VM one is believed', async () => {
  const { world, node, order } = await anOrphan();
  const other = await world.node({ node: 'node-2' });
  await other.pull();
  offer(other, order);
  await Promise.all([node.report(), other.report()]);
  await world.clock.settle();
  const placements = vm(world, 'web-1').view.placement;
  assert.equal(placements?.kind, 'placed');
  assert.equal(eventsOf(world, 'adopted').length, 1);
  assert.match(
    eventsOf(world, 'unassigned_runtime')[0]?.message ?? '',
    /VM "web-1" is it, and is not placed on this node/,
  );
  await world.stop();
});
