/** `running_hash`: made by the agent of what it started and proved, never copied from what is wanted (spec §2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmSpec } from '../core/instance/spec.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { hashSpec } from '../wire/hash-spec.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

const eth0 = (hostPort: number) => ({
  ...{ name: 'eth0', network: 'user', mac: '52:54:00:aa:00:01' },
  forwards: [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort, guestPort: 80 } as const],
});
const first = testSpec({ memoryMib: 128, memoryMaxMib: 512, nics: [eth0(0)] });
const ordered = (generation: number, spec: VmSpec) => aDesired({ generation, spec, specHash: hashSpec(spec) });

async function runningNode() {
  const node = createTestNode();
  node.boot();
  node.assign(ordered(1, first));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  assert.equal(node.seen()?.incarnation?.runningHash, hashSpec(first));
  return node;
}

test('running_hash moves with a change in place, and stands through a silent monitor and an agent restart (§2, F2)', async () => {
  const node = await runningNode();
  const grown = { ...first, memoryMib: 256, nics: [eth0(8080)] };
  node.assign(ordered(2, grown));
  await node.until((seen) => seen?.observedGeneration === 2, 'in sync');
  const hash = () => node.seen()?.incarnation?.runningHash;
  assert.equal(hash(), hashSpec(grown));
  const [process] = node.world.vmProcesses(testUid);
  const answering = node.world.faults;
  node.world.faults = { ...answering, monitorSilent: () => true };
  await node.until((seen) => seen?.guest === 'silent', 'silent', 30_000);
  assert.equal(hash(), hashSpec(grown));
  node.world.faults = answering;
  node.kill();
  node.boot();
  await node.until((seen) => seen?.guest === 'running', 'seen again', 30_000);
  assert.equal(hash(), hashSpec(grown));
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
});

test('running_hash stays that of the start while a change waits for the next one', async () => {
  const node = await runningNode();
  const deferred = { ...first, cmdline: 'quiet', memoryMib: 256 };
  node.assign(ordered(2, deferred));
  await node.until((seen) => seen?.observedGeneration === 2, 'realised but for what waits');
  // Half of it was given in place: that is what runs now.
  assert.equal(node.seen()?.incarnation?.runningHash, hashSpec({ ...first, memoryMib: 256 }));
  node.assign({ ...ordered(3, deferred), run: 2 });
  await node.until((seen) => seen?.observedGeneration === 3, 'restarted');
  assert.equal(node.seen()?.incarnation?.runningHash, hashSpec(deferred));
});
