/** The root disk: of the image that is declared, and none where none is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { anAssignment } from '../ports/testing/control-link-samples.ts';
import { createTestNode, testImage, testSpec } from './testing/test-node.ts';

const withImage = (imageUrl = testImage) => testSpec({ imageUrl, imageFormat: 'raw' });

test('an image that is taken out takes its root disk along: the next image, the same one too, has a disk of its own', async () => {
  const node = createTestNode();
  const another = 'https://images.example.org/another.raw';
  node.sources.put(another, new Uint8Array(64 * 1024).fill(9));
  node.boot();
  node.assign(aDesired({ spec: withImage() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const root = () => node.world.instances.get(testUid)?.root ?? null;
  const first = root();
  assert.ok(first);
  const order = (run: number, spec: ReturnType<typeof testSpec>) =>
    aDesired({ generation: run, run, spec, specHash: `sha256:${run}` });
  node.assign(order(2, testSpec()));
  await node.until((seen) => seen?.observedGeneration === 2, 'without an image');
  assert.equal(root(), null);
  node.assign(order(3, withImage(another)));
  await node.until((seen) => seen?.observedGeneration === 3, 'with another');
  assert.notEqual(root()?.sha256, first.sha256);
  node.assign(order(4, testSpec()));
  await node.until((seen) => seen?.observedGeneration === 4, 'without it again');
  node.assign(order(5, withImage()));
  await node.until((seen) => seen?.observedGeneration === 5, 'with the first');
  assert.equal(root()?.sha256, first.sha256);
  assert.notEqual(root()?.madeAs, first.madeAs);
});

test('a restored store that does not know of the image yet costs no root disk: whoever declares it again has it back', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(aDesired({ spec: withImage() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const made = node.world.instances.get(testUid)?.root;
  assert.ok(made);
  const order = (run: number, spec: ReturnType<typeof testSpec>) =>
    aDesired({ generation: run, run, spec, specHash: `sha256:${run}` });
  const restored = (revision: number, order: ReturnType<typeof aDesired>) =>
    node.plane.publish({ ...anAssignment(revision, [order]), at: { epoch: 2, revision } });
  restored(1, order(2, testSpec()));
  await node.until((seen) => seen?.observedGeneration === 2, 'without an image');
  restored(2, order(3, withImage()));
  await node.until((seen) => seen?.observedGeneration === 3, 'with it again');
  assert.deepEqual(node.world.instances.get(testUid)?.root, made);
});
