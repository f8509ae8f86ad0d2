/** What a VM that does not run would need to start: seen while it is off, not taken for there because it ran once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Images } from '../ports/images.ts';
import type { Log } from '../ports/log.ts';
import { createTestNode, quietLog, type TestNode, testImage, testKernel, testSpec } from './testing/test-node.ts';

const data = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
const spec = testSpec({ imageUrl: testImage, imageFormat: 'raw', disks: [data] });
const off = { desiredPhase: 'stopped', stopMode: 'forced' } as const;

/** What the node has told last. */
const told = (node: TestNode) => node.seen()?.unready.map(({ what, name }) => `${what} ${name}`) ?? [];

type NodeOptions = Parameters<typeof createTestNode>[0];

async function stoppedNode(generation = 2, options: NodeOptions = {}): Promise<TestNode> {
  const node = createTestNode(options);
  node.boot();
  node.assign(aDesired({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  assert.deepEqual(told(node), [], 'it runs');
  node.assign(aDesired({ generation, spec, ...off }));
  await node.until((seen) => seen?.observedGeneration === generation, 'stopped');
  assert.deepEqual(told(node), [], 'all is there');
  return node;
}

const filesOf = (node: TestNode) => {
  const files = node.world.instances.get(testUid);
  assert.ok(files !== undefined);
  return files;
};

test('S11 a disk file or image that goes while a VM is off is seen at the next pass, and so is its return', async () => {
  const node = await stoppedNode();
  const files = filesOf(node);
  const { root } = files;
  files.root = null;
  files.diskGib.delete('data');
  await node.until(() => told(node).length > 0, 'seen', 15_000);
  assert.deepEqual(told(node), ['disk_gone root', 'disk_gone data']);
  files.root = root;
  files.diskGib.set('data', 1);
  const kernel = node.seen()?.images[testKernel]?.sha256 ?? '';
  assert.ok(node.imageDisk.entries.delete(kernel));
  await node.until(() => told(node).length === 1, 'seen', 15_000);
  assert.deepEqual(told(node), [`image ${testKernel}`]);
  node.assign(aDesired({ generation: 3, run: 2, spec }));
  await node.until((seen) => seen?.observedGeneration === 3, 'it is fetched, and it runs');
  assert.deepEqual(told(node), []);
});

test('what a start failed of is still missing when the user asks to stop: nothing has brought it back', async () => {
  const node = await stoppedNode();
  filesOf(node).root = null;
  node.assign(aDesired({ generation: 3, run: 2, spec }));
  await node.until((seen) => seen?.failure?.reason.code === 'volume_unavailable', 'refused');
  node.assign(aDesired({ generation: 4, run: 2, spec, ...off }));
  await node.until((seen) => seen?.observedGeneration === 4, 'stopped');
  assert.equal(node.seen()?.failure, null);
  assert.deepEqual(told(node), ['disk_gone root']);
});

test('a stop of a VM whose disk file was taken from under it says that the file is gone, as soon as it says stopped', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(aDesired({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  filesOf(node).unlinked.add('data');
  await node.until((seen) => (seen?.facts?.lostFiles.length ?? 0) > 0, 'found');
  node.assign(aDesired({ generation: 2, spec, ...off }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  assert.deepEqual(told(node), ['disk_gone data']);
});

test('what a change of a VM that is off will need is told as not there yet', async () => {
  const node = await stoppedNode();
  const imageUrl = 'https://images.example.org/next.raw';
  node.assign(aDesired({ generation: 3, spec: { ...spec, imageUrl }, specHash: 'sha256:bb', ...off }));
  await node.until((seen) => seen?.observedGeneration === 3, 'accepted');
  assert.deepEqual(told(node), [`image ${imageUrl}`, 'disk_not_made root']);
});

/** The images of a node, looked for otherwise. */
const lookedForBy =
  (find: (found: Images['find']) => Images['find']) =>
  (images: Images): Images => ({
    ensure: (...args) => images.ensure(...args),
    find: find((sha256) => images.find(sha256)),
    unpin: (...args) => images.unpin(...args),
    collect: (...args) => images.collect(...args),
  });

test('F2 a look that fails is no finding; an error that nobody foresaw is in the log, where it can be mended', async () => {
  let failure: Error | null = null;
  const lines: string[] = [];
  const log: Log = {
    ...quietLog,
    error: (message, fields) => lines.push(`${message}: ${String(fields?.['message']).split('\n')[0]}`),
  };
  const images = lookedForBy((find) => (sha256) => (failure === null ? find(sha256) : Promise.reject(failure)));
  const node = await stoppedNode(2, { images, log });
  failure = new Fault('store_failed', 'Cannot look for an image: the disk does not answer');
  await node.clock.advance(20_000);
  assert.deepEqual(lines, []);
  failure = new TypeError('entry is undefined');
  await node.clock.advance(10_000);
  assert.deepEqual([...new Set(lines)], ['an unforeseen error: TypeError: entry is undefined']);
  assert.deepEqual(told(node), []);
});

test('F2 a look at an image that takes long, since its bytes are hashed anew, is no finding and holds up no order', async () => {
  let hashing = false;
  const images = lookedForBy((find) => (sha256) => (hashing ? new Promise(() => undefined) : find(sha256)));
  const node = await stoppedNode(2, { images });
  hashing = true;
  await node.clock.advance(20_000);
  assert.deepEqual(told(node), []);
  node.assign(aDesired({ generation: 3, spec, ...off, desiredPhase: 'deleted' }));
  await node.until((seen) => seen === undefined, 'removed', 15_000);
});
