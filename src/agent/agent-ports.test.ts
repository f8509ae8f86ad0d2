/** Ports that the node chooses for forwards: kept for the life of the forward, whatever happens beside it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../adapters/store/memory.ts';
import type { ForwardSpec } from '../core/instance/spec.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asUid } from '../core/kit/brand.ts';
import type { JsonObject } from '../core/kit/json.ts';
import { recordKey } from './journal/journal.ts';
import { createTestNode, type TestNode, testSpec } from './testing/test-node.ts';

const other = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c11');
const forward = (guestPort: number, hostPort = 0): ForwardSpec => ({
  ...{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort, guestPort },
});
const forwarding = (...forwards: readonly ForwardSpec[]) =>
  testSpec({ nics: [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards }] });
const running = (fields = {}) => aDesired({ spec: forwarding(forward(80)), ...fields });
const another = (...forwards: readonly ForwardSpec[]) =>
  aDesired({ uid: other, name: 'web-2', spec: forwarding(...forwards) });

/** Host port by guest port, as the live process has them. */
const served = (node: TestNode): Readonly<Record<number, number>> =>
  Object.fromEntries(
    (node.world.vmProcesses(testUid)[0]?.vm?.nics ?? [])
      .flatMap(({ forwards }) => forwards)
      .map(({ guestPort, hostPort }) => [guestPort, hostPort]),
  );

test('a port that turns out to be taken is chosen anew for a change in place, and those that are served stay', async () => {
  const node = createTestNode({ config: { hostPorts: { first: 20_000, last: 20_002 } } });
  node.boot();
  node.assign(running(), another(forward(80, 20_001)));
  await node.until((seen) => seen?.observedGeneration === 1 && node.liveCount(other) === 1, 'both run');
  await node.clock.advance(5_000);
  const first = served(node)[80];
  // Its order names the port no more, its process, which hears nobody, has it still.
  node.world.faults = { ...node.world.faults, monitorSilent: (uid) => uid === other };
  for (let generation = 2; generation < 8; generation += 1) {
    node.assign(running({ generation, spec: forwarding(forward(80), forward(22)) }), { ...another(), generation });
    await node.until((seen) => seen?.observedGeneration === generation, `change ${generation}`, 600_000);
    assert.equal(served(node)[80], first);
    node.assign(running({ generation: ++generation }), { ...another(), generation });
    await node.until((seen) => seen?.observedGeneration === generation, 'back', 600_000);
  }
});

test('a declared port that is taken costs no forward the port that the node chose for it', async () => {
  const node = createTestNode();
  node.boot();
  const spec = forwarding(forward(80), forward(22, 8_022));
  node.assign(running({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const before = served(node);
  node.assign(
    running({ spec, generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }),
    another(forward(22, 8_022)),
  );
  await node.until((seen) => seen?.observedGeneration === 2 && node.liveCount(other) === 1, 'the other has it');
  node.assign(running({ spec, generation: 3, run: 2 }), another(forward(22, 8_022)));
  await node.until((seen) => seen?.failure?.reason.code === 'network_unavailable', 'refused');
  node.assign(running({ spec, generation: 3, run: 2 }), {
    ...another(forward(22, 8_022)),
    generation: 2,
    desiredPhase: 'deleted',
    stopMode: 'forced',
  });
  await node.until((seen) => seen?.observedGeneration === 3, 'started', 400_000);
  assert.deepEqual(served(node), before);
});

test('a forward keeps its port when one before it is taken out, in place', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ spec: forwarding(forward(22), forward(80)) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const before = served(node);
  node.assign(running({ generation: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'taken out');
  assert.deepEqual(served(node), { 80: before[80] });
  node.assign(running({ generation: 3, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 3, 'restarted');
  assert.deepEqual(served(node), { 80: before[80] });
});

test('a forward of a stopped VM keeps its port when others are taken out, put in and reordered', async () => {
  const node = createTestNode();
  node.boot();
  const start = { spec: forwarding(forward(22), forward(80), forward(443), forward(80)) };
  node.assign(running(start));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const before = node.seen()?.facts?.nics[0]?.forwards ?? [];
  const portsOf = (guestPort: number, list = before) =>
    list.filter((each) => each.guestPort === guestPort).map(({ hostPort }) => hostPort);
  node.assign(running({ ...start, generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  node.kill();
  node.boot();
  node.assign(running({ spec: forwarding(forward(443), forward(53), forward(80)), generation: 3, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 3, 'started');
  const after = node.seen()?.facts?.nics[0]?.forwards ?? [];
  assert.deepEqual(portsOf(443, after), portsOf(443));
  assert.ok(portsOf(80).includes(portsOf(80, after)[0] ?? 0), 'one of the two that are alike');
  assert.ok(!before.some(({ hostPort }) => hostPort === portsOf(53, after)[0]), 'a new one gets a port of its own');
});

test('ports that an older version journaled by the place of their forward are kept', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const before = served(node);
  node.kill();
  const store = createMemoryStore({ medium: node.medium });
  const row = store.get(recordKey(testUid))?.value as { readonly record: JsonObject };
  const older = { ...row, record: { ...row.record, hostPorts: { 'eth0/0': before[80] ?? 0 } } };
  await store.commit({ put: [{ key: recordKey(testUid), value: older }] });
  node.boot();
  node.assign(running({ generation: 2, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'restarted');
  assert.deepEqual(served(node), before);
});
