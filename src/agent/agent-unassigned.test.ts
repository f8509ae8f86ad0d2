/**
 * What no assignment names, under the policy `destroy` of its node: the one path of condemnation and removal (spec F3). And what
 * an assignment names, from the moment it arrives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../adapters/store/memory.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import type { JsonObject } from '../core/kit/json.ts';
import type { Commit, Store } from '../ports/store.ts';
import { anAssignment, createPlane } from '../ports/testing/control-link-samples.ts';
import type { VirtualClock } from '../sim/virtual-clock.ts';
import { fullReportMs } from './agent-config.ts';
import { recordKey } from './journal/journal.ts';
import { createTestNode, type TestNode, testSpec } from './testing/test-node.ts';

/** A disk that takes this long for each write of an assignment. */
const slowly =
  (clock: () => VirtualClock, ms: number) =>
  (store: Store): Store =>
    new Proxy(store, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        if (key !== 'commit') return typeof member === 'function' ? member.bind(target) : member;
        return async (commit: Commit) => {
          const isAssignment = commit.put?.some(({ key: row }) => row.startsWith('assignment')) === true;
          if (isAssignment) await clock().sleep(ms, new AbortController().signal);
          return await target.commit(commit);
        };
      },
    });

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });

/** A node with one running VM, which no assignment names any more when its next life begins. */
async function leftAlone(): Promise<TestNode> {
  const node = createTestNode({ config: { unknownInstances: 'destroy' } });
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.kill();
  node.assign();
  return node;
}

const journaledState = (node: TestNode): unknown => {
  const row = createMemoryStore({ medium: node.medium }).get(recordKey(testUid))?.value as JsonObject | undefined;
  const record = row?.['record'] as { incarnation?: { state?: { kind?: unknown } } } | undefined;
  return record?.incarnation?.state?.kind;
};

test('F3 what a policy destroys is condemned in the journal before it is killed, and removed by the pass', async () => {
  const node = await leftAlone();
  node.boot();
  const states: unknown[] = [];
  await node.clock.advanceUntil(
    () => {
      if (node.liveCount() === 0 && node.world.instances.size > 0) states.push(journaledState(node));
      return node.world.instances.size === 0;
    },
    60_000,
    'destroyed by policy',
  );
  assert.ok(!states.includes('running'), `a killed process is no running one: ${states}`);
  await node.clock.advance(1_000);
  const told = node.events().slice(-3);
  assert.deepEqual(told, ['stopping', 'ended', 'unassigned_destroyed']);
  assert.deepEqual(node.plane.reports.at(-1)?.unassigned, []);
});

test('F3 a crash at each port call of a removal by policy: never a killed process that the journal has running', async () => {
  for (const effect of ['none', 'happens'] as const) {
    for (let at = 1; ; at++) {
      assert.ok(at < 80, 'the story has an end');
      const node = await leftAlone();
      node.boot({ at, effect });
      await node.clock.advance(20_000);
      const crashed = node.lastCrashed();
      if (node.liveCount() === 0) assert.notEqual(journaledState(node), 'running', `crash at ${at}, effect ${effect}`);
      if (crashed) node.boot();
      await node.clock.advance(60_000);
      assert.equal(node.liveCount(), 0, `crash at ${at}, effect ${effect}`);
      assert.equal(node.world.instances.size, 0, `crash at ${at}, effect ${effect}`);
      if (!crashed) break;
    }
  }
});

/** The agent's life ended between the condemnation and the kill. */
async function condemnedAndCrashed(): Promise<TestNode> {
  for (let at = 1; at < 80; at++) {
    const node = await leftAlone();
    node.boot({ at, effect: 'none' });
    await node.clock.advance(20_000);
    if (journaledState(node) === 'stopping' && node.liveCount() === 1) return node;
  }
  throw new Error('no crash point is between the two');
}

test('F5 an assignment that names what a policy has condemned has it started again, not kept half stopped', async () => {
  const node = await condemnedAndCrashed();
  node.assign(running());
  node.boot();
  await node.until((seen) => seen?.observedGeneration === 1 && seen.guest === 'running', 'runs again');
  assert.equal(node.liveCount(), 1);
});

test('a process of which nothing but its directory is known is adopted only to be ended, by the same path', async () => {
  const node = await leftAlone();
  const store = createMemoryStore({ medium: node.medium });
  await store.commit({ delete: [recordKey(testUid)] });
  node.boot();
  await node.clock.advanceUntil(() => node.world.instances.size === 0, 60_000, 'destroyed by policy');
  assert.equal(node.liveCount(), 0);
  assert.equal(journaledState(node), undefined);
});

test('what an assignment has just brought is not taken for unassigned while it is being journaled', async () => {
  const node: TestNode = createTestNode({
    config: { unknownInstances: 'destroy', passIntervalMs: 1_000 },
    journal: slowly(() => node.clock, 3_000),
  });
  node.boot();
  node.assign();
  await node.clock.advance(10_000);
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(1_000);
  assert.deepEqual(node.events(), ['starting']);
});

test('what an assignment has just brought is not forgotten by a scan that comes while it is being journaled', async () => {
  for (let leadMs = 0; leadMs < 10_000; leadMs += 2_000) {
    const node: TestNode = createTestNode({ journal: slowly(() => node.clock, 5_000) });
    node.boot();
    node.assign();
    await node.clock.advance(fullReportMs + leadMs);
    node.assign(running({ desiredPhase: 'deleted' }));
    await node.clock.advance(20_000);
    const removed = node.plane.reports.flatMap((report) => report.removed);
    assert.ok(removed.includes(testUid), `its removal is told, ${leadMs} ms`);
  }
});

test('what no assignment names is told as running only while a process of it is there, also over a reboot of the host', async () => {
  for (const isRebooted of [false, true]) {
    const node = createTestNode();
    node.boot();
    node.assign(running());
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    node.assign();
    const state = () => node.plane.reports.at(-1)?.unassigned.map((item) => item.state);
    await node.clock.advanceUntil(() => state()?.length === 1, 60_000, 'unassigned');
    await node.clock.advance(2 * fullReportMs);
    assert.deepEqual(state(), ['running']);
    if (isRebooted) {
      node.kill();
      node.world.rebootHost();
      node.boot();
    } else
      for (const process of node.world.vmProcesses(testUid)) node.world.endProcess(process, { kind: 'code', code: 1 });
    await node.clock.advance(2 * fullReportMs);
    assert.deepEqual(state(), ['leftover']);
    node.assign(running({ generation: 2, run: 2 }));
    await node.until((seen) => seen?.observedGeneration === 2, 'runs again');
    node.assign();
    await node.clock.advanceUntil(() => state()?.length === 1, 60_000, 'unassigned');
    assert.deepEqual(state(), ['running']);
  }
});

test('a node that lost its journal destroys nothing before a control plane has said what is assigned (spec §3)', async () => {
  const node = await leftAlone();
  const [process] = node.world.vmProcesses(testUid);
  const store = createMemoryStore({ medium: node.medium });
  await store.commit({ delete: [...store.list('')].map(({ key }) => key) });
  node.unplug();
  node.boot();
  await node.clock.advance(3_600_000);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  node.assign();
  node.replacePlane(node.plane);
  await node.clock.advanceUntil(() => node.world.instances.size === 0, 600_000, 'destroyed by policy');
});

test('an assignment that is older, or of another cluster than its session, changes nothing (spec §3)', async () => {
  const wrong = [anAssignment(0, []), { ...anAssignment(99, []), clusterId: 'cluster-2' }];
  for (const assignment of wrong) {
    const node = createTestNode({ config: { unknownInstances: 'destroy' } });
    node.boot();
    node.assign(running());
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    const [process] = node.world.vmProcesses(testUid);
    const { connect } = node.plane.service;
    let answers = 0;
    const getAssignment = async () => {
      answers += 1;
      return answers < 10 ? assignment : await new Promise<never>(() => undefined);
    };
    node.plane.service = { connect: async (...hello) => ({ ...(await connect(...hello)), getAssignment }) };
    node.replacePlane(node.plane);
    await node.clock.advance(600_000);
    assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  }
});

test('a node that joins another cluster asks for its whole set, however far the first one had come', async () => {
  const node = createTestNode({ config: { joinCluster: 'cluster-2' } });
  node.boot();
  node.plane.publish(anAssignment(50, [running()]));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const other = createPlane();
  const { connect } = other.service;
  other.service = { connect: async (...hello) => ({ ...(await connect(...hello)), clusterId: 'cluster-2' }) };
  other.publish({ ...anAssignment(1, [running({ generation: 2, desiredPaused: true })]), clusterId: 'cluster-2' });
  node.replacePlane(other);
  await node.until((seen) => seen?.observedGeneration === 2, 'it does what the other cluster says');
  assert.equal(node.seen()?.guest, 'paused');
});
