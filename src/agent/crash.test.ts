/** F4: a crash at any port call, with or without its effect, leaves a node that the next life converges. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import type { CrashPoint } from './testing/crashable.ts';
import { createTestNode, type TestNode, testImage, testSpec } from './testing/test-node.ts';

const spec = testSpec({ imageUrl: testImage, imageFormat: 'raw', stop: { graceSeconds: 5, onTimeout: 'kill' } });
const running = (fields = {}) => aDesired({ spec, ...fields });

/** More than the port calls of any story here; each story checks that it came to its end before the crash point. */
const crashPointsMax = 80;

/** Never more than one guest of the instance, at any event of the world. */
function watchForTwo(node: TestNode): void {
  const start = node.world.startProcess;
  node.world.startProcess = (request) => {
    const process = start(request);
    assert.ok(node.liveCount() <= 1, 'a second process of the same instance');
    return process;
  };
}

/** The life after the crash, if it came to one. */
async function nextLife(node: TestNode): Promise<void> {
  const crashed = node.lastCrashed();
  if (crashed) node.boot();
  await node.clock.advance(60_000);
  if (crashed) crashedIn.add(node);
}

const crashedIn = new WeakSet<TestNode>();

async function crashEverywhere(
  story: (node: TestNode, crash: CrashPoint) => Promise<void>,
  check: (node: TestNode, where: string) => void,
): Promise<void> {
  for (const effect of ['none', 'happens'] as const) {
    for (let at = 1; ; at++) {
      assert.ok(at < crashPointsMax, 'the story has an end');
      const node = createTestNode();
      watchForTwo(node);
      await story(node, { at, effect });
      const where = `crash at call ${at}, effect ${effect}`;
      check(node, where);
      if (!crashedIn.has(node)) break;
    }
  }
}

test('F4 a crash at each port call of a start: one process, converged', { timeout: 300_000 }, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.boot(crash);
      node.assign(running());
      await node.clock.advance(20_000);
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.liveCount(), 1, where);
      assert.equal(node.seen()?.observedGeneration, 1, where);
      assert.equal(node.seen()?.incarnation?.state, 'running', where);
      assert.deepEqual(node.seen()?.history, [], `${where}: a crash of the agent is no failure of the instance`);
      const dirs = [...node.world.pidFiles.keys()];
      assert.equal(dirs.length, 1, `${where}: nothing is left of given up incarnations: ${dirs}`);
    },
  );
});

test('F4 a crash at each port call of a graceful stop: stopped by the user, not revived', {
  timeout: 300_000,
}, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.boot();
      node.assign(running());
      await node.clock.advance(5_000);
      node.kill();
      node.boot(crash);
      node.assign(running({ generation: 2, desiredPhase: 'stopped' }));
      await node.clock.advance(20_000);
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.liveCount(), 0, where);
      assert.equal(node.seen()?.observedGeneration, 2, where);
      assert.equal(node.seen()?.failure, null, where);
      assert.equal(node.seen()?.incarnation?.endCause?.kind, 'stopped', where);
    },
  );
});

test('F4 a crash at each port call of a deletion: nothing is left and it is told', { timeout: 300_000 }, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.boot();
      node.assign(running());
      await node.clock.advance(5_000);
      node.kill();
      node.boot(crash);
      node.assign(running({ generation: 2, desiredPhase: 'deleted', stopMode: 'forced' }));
      await node.clock.advance(20_000);
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.liveCount(), 0, where);
      assert.equal(node.world.instances.size, 0, where);
      assert.deepEqual(node.plane.reports.at(-1)?.removed, [testUid], where);
      const rows = [...node.medium.backup().entries].filter(({ key }) => key.startsWith('record/'));
      assert.deepEqual(rows, [], where);
    },
  );
});

test('F4 a crash at each port call of a restart for a new run: one process, of the new run', {
  timeout: 300_000,
}, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.boot();
      node.assign(running());
      await node.clock.advance(5_000);
      node.kill();
      node.boot(crash);
      node.assign(running({ generation: 2, run: 2 }));
      await node.clock.advance(20_000);
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.liveCount(), 1, where);
      assert.equal(node.seen()?.incarnation?.run, 2, where);
      assert.equal(node.seen()?.observedGeneration, 2, where);
    },
  );
});

const nextKernel = 'https://images.example.org/next-vmlinuz';
const unavailable = 'https://images.example.org/none.raw';

/** Sizes of what is pinned for the instance, which tell its images apart. */
const pinned = ({ imageDisk }: TestNode): readonly number[] =>
  [...imageDisk.pins.keys()]
    .map((sha256) => imageDisk.entries.get(sha256)?.bytes.length ?? 0)
    .toSorted((a, b) => a - b);

const [nextKernelBytes, kernelBytes, imageBytes] = [1_024, 2_048, 64 * 1_024];

test('spec 10 a crash at each port call of a restart with another kernel leaves no pin of the one before', {
  timeout: 60_000,
}, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.sources.put(nextKernel, new Uint8Array(nextKernelBytes).fill(9));
      node.boot();
      node.assign(running());
      await node.clock.advance(5_000);
      node.kill();
      node.boot(crash);
      const next = { generation: 2, run: 2, specHash: 'sha256:bb' };
      node.assign(running({ ...next, spec: { ...spec, kernel: nextKernel } }));
      await node.clock.advance(20_000);
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.seen()?.observedGeneration, 2, where);
      assert.deepEqual(pinned(node), [nextKernelBytes, imageBytes], where);
    },
  );
});

test('spec 10 a crash at each port call of a change that is taken back leaves no pin of what it had fetched', {
  timeout: 60_000,
}, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.sources.put(nextKernel, new Uint8Array(nextKernelBytes).fill(9));
      node.boot();
      node.assign(running());
      await node.clock.advance(5_000);
      const next = { generation: 2, run: 2, changeRuns: 1, specHash: 'sha256:bb' };
      node.assign(running({ ...next, spec: { ...spec, kernel: nextKernel, imageUrl: unavailable } }));
      await node.until((seen) => seen?.operationError?.reason.code === 'image_unavailable', 'held up');
      assert.deepEqual(pinned(node), [nextKernelBytes, kernelBytes, imageBytes]);
      node.kill();
      node.boot(crash);
      node.assign(running({ generation: 3, run: 2, changeRuns: 1 }));
      await node.clock.advance(20_000);
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.seen()?.observedGeneration, 3, where);
      assert.equal(node.seen()?.incarnation?.run, 2, where);
      assert.deepEqual(pinned(node), [kernelBytes, imageBytes], where);
    },
  );
});

test('spec 10 a crash at each port call of a first start: the disk is of the digest that is told, also where the bytes change meanwhile', {
  timeout: 300_000,
}, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.boot(crash);
      node.assign(running());
      await node.clock.advance(20_000);
      if (node.lastCrashed()) node.sources.put(testImage, new Uint8Array(128 * 1024).fill(9));
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.liveCount(), 1, where);
      const root = node.world.instances.get(testUid)?.root;
      assert.equal(node.seen()?.images[testImage]?.sha256, root?.sha256, where);
    },
  );
});

test('F4 a crash at each port call of a restart by policy: nothing is left of the incarnation before', {
  timeout: 300_000,
}, async () => {
  await crashEverywhere(
    async (node, crash) => {
      node.boot();
      node.assign(running());
      await node.clock.advance(5_000);
      node.kill();
      node.boot(crash);
      await node.clock.advance(1_000);
      for (const process of node.world.vmProcesses(testUid)) node.world.endProcess(process, { kind: 'code', code: 1 });
      await node.clock.advance(20_000);
      await nextLife(node);
    },
    (node, where) => {
      assert.equal(node.liveCount(), 1, where);
      const [process] = node.world.vmProcesses(testUid);
      assert.deepEqual([...node.world.pidFiles.keys()], [process?.dir], where);
    },
  );
});
