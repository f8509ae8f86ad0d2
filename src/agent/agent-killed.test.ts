/** How a stop ended is said as it was: a guest that shut down, or a process that was killed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired } from '../core/instance/testing/builders.ts';
import { aBootedGuest, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });
const shutDown = { kind: 'stopped', because: 'user_stop', forced: false, graceOver: false };

test('a guest that was killed at the end of its grace time is not said to have shut down', async () => {
  const node = await aBootedGuest(running());
  node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped', 70_000);
  assert.deepEqual(node.seen()?.incarnation?.endCause, { ...shutDown, forced: true, graceOver: true });
  const told = node.plane.reports.flatMap(({ events }) => events).slice(-2);
  assert.deepEqual(
    told.map(({ code, message }) => `${code}: ${message}`),
    [
      'killed: VM "web-1": the guest did not power off within 60 s; its process is killed',
      'ended: VM "web-1": the incarnation ended (killed after its grace time)',
    ],
  );
});

test('a guest that powered off while the agent was away was not killed, however late the agent comes back', async () => {
  const node = await aBootedGuest(running());
  node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.waiting?.for === 'guest_shutdown', 'asked', 100);
  await node.clock.advance(500);
  node.kill();
  await node.clock.advance(120_000);
  node.boot();
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  assert.deepEqual(node.seen()?.incarnation?.endCause, shutDown);
});
