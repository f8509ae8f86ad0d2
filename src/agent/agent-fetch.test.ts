/** A newer run is fetched and checked before the guest of the older one is stopped for it (ADR 14). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { DesiredVm } from '../core/instance/desired.ts';
import type { FailureCode } from '../core/instance/failure-reason.ts';
import type { VmSpec } from '../core/instance/spec.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import type { Log } from '../ports/log.ts';
import { aQcow2 } from '../ports/testing/image-fixtures.ts';
import { createTestNode, quietLog, type TestNode, testImage, testSpec } from './testing/test-node.ts';

const newImage = 'https://images.example.org/new.raw';
const newBytes = new Uint8Array(256 * 1024).fill(5);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const oldDigest = digestOf(new Uint8Array(64 * 1024).fill(3));

/** `number` is generation and run: each such order needs a new run. */
const order = (number: number, fields: Partial<VmSpec> = {}, more: Partial<DesiredVm> = {}): DesiredVm => {
  const spec = testSpec({
    imageUrl: testImage,
    imageFormat: 'raw',
    stop: { graceSeconds: 5, onTimeout: 'kill' },
    ...fields,
  });
  return aDesired({ generation: number, run: number, spec, specHash: `sha256:${JSON.stringify(fields)}`, ...more });
};
const replaced = (number: number, fields: Partial<VmSpec> = {}): DesiredVm =>
  order(number, { imageUrl: newImage, ...fields });

/** A disk of 8 GiB with nothing in most of it. */
function eightGib(): Uint8Array {
  const bytes = Buffer.from(aQcow2({ virtualSizeBytes: 2n ** 33n }));
  bytes.writeUInt32BE(16, 36);
  return bytes;
}

/** A node whose guest runs from the old image, and what it must still be after a change that came to nothing. */
async function runningNode() {
  const node = createTestNode();
  node.boot();
  node.assign(order(1));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation;
  const [process] = node.world.vmProcesses(testUid);
  const madeAs = node.world.instances.get(testUid)?.root?.madeAs;
  const assertUntouched = () => {
    assert.deepEqual(node.world.vmProcesses(testUid), [process]);
    const seen = node.seen()?.incarnation;
    assert.equal(seen?.id, first?.id);
    assert.equal(seen?.stateGeneration, first?.stateGeneration, 'nothing has happened to it');
    assert.equal(node.seen()?.guest, 'running');
    assert.equal(node.world.instances.get(testUid)?.root?.madeAs, madeAs);
  };
  return { node, assertUntouched };
}

const errorIs = (node: TestNode, code: FailureCode) =>
  node.until((seen) => seen?.operationError?.reason.code === code, code);

async function assertReplaced(node: TestNode, number: number): Promise<void> {
  await node.until((seen) => seen?.observedGeneration === number && seen.guest === 'running', 'replaced');
  assert.equal(node.seen()?.incarnation?.run, number);
  assert.equal(node.seen()?.operationError, null);
  assert.equal(node.liveCount(), 1);
}

test('newer orders that change nothing of what cannot be had tell neither of a repair nor of the same failure anew', async () => {
  const { node, assertUntouched } = await runningNode();
  node.assign(replaced(2));
  await errorIs(node, 'image_unavailable');
  const told = () => node.events().filter((code) => code === 'image_unavailable' || code === 'repaired');
  const failed = (generation: number) =>
    node.until((seen) => seen?.operationError?.generation === generation, `generation ${generation} fails of it too`);
  for (let generation = 3; generation <= 6; generation += 1) {
    const tries = node.sources.fetches(newImage);
    node.assign({ ...replaced(2), generation });
    await failed(generation);
    assert.ok(node.sources.fetches(newImage) > tries, 'each is tried at once');
    assert.equal(node.seen()?.operationError?.attempt, 1, 'with a backoff of its own');
  }
  assert.deepEqual(told(), ['image_unavailable']);
  assert.equal(node.seen()?.history.length, 1);
  assertUntouched();
  node.assign(replaced(7, { imageUrl: 'https://images.example.org/other.raw' }));
  await failed(7);
  assert.deepEqual(told(), ['image_unavailable', 'image_unavailable'], 'another image is another failure');
  node.assign(order(8));
  await node.until((seen) => seen?.observedGeneration === 8, 'a reboot with what is there');
  assert.equal(node.seen()?.operationError, null);
});

test('a guest goes on while its new image cannot be fetched; it is tried again by itself and replaced once it is there', async () => {
  const { node, assertUntouched } = await runningNode();
  node.assign(replaced(2));
  await errorIs(node, 'image_unavailable');
  await node.clock.advance(1_000_000);
  assertUntouched();
  assert.equal(node.seen()?.operationError?.generation, 2);
  assert.equal(node.seen()?.observedGeneration, 1);
  assert.ok(node.sources.fetches(newImage) > 3, 'it is tried again');
  assert.ok(node.sources.fetches(newImage) < 20, 'with backoff');
  assert.equal(node.events().filter((code) => code === 'image_unavailable').length, 1, 'told once');
  node.sources.put(newImage, newBytes);
  await node.until((seen) => seen?.observedGeneration === 2, 'replaced', 400_000);
  await assertReplaced(node, 2);
  assert.equal(node.world.instances.get(testUid)?.root?.sha256, digestOf(newBytes));
});

test('a new image that is not what was stated leaves the guest running and waits for a change, which supersedes it', async () => {
  const bad: readonly (readonly [FailureCode, Uint8Array, Partial<VmSpec>])[] = [
    ['checksum_mismatch', newBytes, { imageSha256: oldDigest.replace(/^./, '0') }],
    ['image_invalid', aQcow2({ backingFile: '/etc/shadow' }), { imageFormat: 'qcow2' }],
    ['image_invalid', new Uint8Array(65 * 1024 * 1024), {}],
    ['unsupported_format', newBytes, { imageFormat: 'qcow2' }],
    ['disk_too_small', eightGib(), { imageFormat: 'qcow2', diskGib: 1 }],
  ];
  for (const [code, bytes, fields] of bad) {
    const { node, assertUntouched } = await runningNode();
    node.sources.put(newImage, bytes);
    node.assign(replaced(2, fields));
    await errorIs(node, code);
    const fetches = node.sources.fetches(newImage);
    await node.clock.advance(1_000_000);
    assertUntouched();
    assert.equal(node.sources.fetches(newImage), fetches, 'it is not tried again');
    assert.equal(node.seen()?.operationError?.retryAt, null);
    node.sources.put(newImage, newBytes);
    node.assign(replaced(3));
    await assertReplaced(node, 3);
  }
});

test('a node without room for a new image leaves the guest running, and has it replaced when there is room', async () => {
  const { node, assertUntouched } = await runningNode();
  node.sources.put(newImage, newBytes);
  node.imageDisk.isFull = true;
  node.assign(replaced(2));
  await errorIs(node, 'pool_full');
  await node.clock.advance(1_000_000);
  assertUntouched();
  assert.equal(node.imageDisk.temporary.size, 0);
  node.imageDisk.isFull = false;
  await node.until((seen) => seen?.observedGeneration === 2, 'replaced', 400_000);
  await assertReplaced(node, 2);
});

test('a change back to what runs is a new run too, and clears the error of the one that came to nothing', async () => {
  const { node } = await runningNode();
  node.assign(replaced(2));
  await errorIs(node, 'image_unavailable');
  node.assign(order(3));
  await assertReplaced(node, 3);
  assert.equal(node.sources.fetches(testImage), 1, 'from the cache');
});

test('a change back to the image that runs keeps its root disk, though other bytes are at its URL now', async () => {
  const { node } = await runningNode();
  const madeAs = node.world.instances.get(testUid)?.root?.madeAs;
  node.sources.put(testImage, newBytes);
  node.assign(replaced(2));
  await errorIs(node, 'image_unavailable');
  // Deferred or not, run 2 was asked for: an order of the same run restarts too.
  node.assign(order(3, {}, { run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 3 && seen.guest === 'running', 'restarted');
  assert.equal(node.seen()?.incarnation?.run, 2);
  assert.equal(node.world.instances.get(testUid)?.root?.madeAs, madeAs);
  assert.equal(node.world.instances.get(testUid)?.root?.sha256, oldDigest);
});

test('a new kernel and a new initrd are fetched before the guest is stopped, like an image', async () => {
  const { node, assertUntouched } = await runningNode();
  const [kernel, initrd] = ['https://images.example.org/kernel-2', 'https://images.example.org/initrd-2'];
  node.sources.put(kernel, newBytes);
  node.assign(order(2, { kernel, initrd }));
  await errorIs(node, 'image_unavailable');
  await node.clock.advance(10_000);
  assertUntouched();
  node.sources.put(initrd, newBytes);
  await assertReplaced(node, 2);
});

test('firmware that this node does not have is told while the guest goes on', async () => {
  const { node, assertUntouched } = await runningNode();
  // Only a newer version of the protocol knows it.
  node.assign(order(2, { firmwareId: 'coreboot' as VmSpec['firmwareId'] }));
  await errorIs(node, 'realisation_failed');
  assert.match(node.seen()?.operationError?.reason.message ?? '', /no firmware coreboot/);
  assertUntouched();
});

test('while a new image comes, its progress is told, the guest runs, and pause and resume are obeyed', async () => {
  const { node, assertUntouched } = await runningNode();
  node.sources.put(newImage, newBytes);
  node.sources.slowDown(newImage, 30_000);
  node.assign(replaced(2));
  await node.until((seen) => seen?.waiting?.message.includes('50 %') === true, 'half of it', 100_000);
  assert.equal(node.seen()?.waiting?.for, 'image_download');
  assertUntouched();
  const paused = { desiredPaused: true };
  node.assign({ ...replaced(2), generation: 3, ...paused });
  await node.until((seen) => seen?.guest === 'paused', 'paused', 1_000);
  node.assign({ ...replaced(2), generation: 4 });
  await node.until((seen) => seen?.guest === 'running', 'resumed', 1_000);
  await node.until((seen) => seen?.observedGeneration === 4, 'replaced', 200_000);
  assert.equal(node.sources.fetches(newImage), 1, 'the same download all along');
  assert.equal(node.seen()?.incarnation?.run, 2);
  assert.equal(node.seen()?.waiting, null);
});

test('stop, poweroff, delete and another image do not wait for a fetch: it is given up at once', async () => {
  const ends: readonly (readonly [string, DesiredVm])[] = [
    ['stop', { ...replaced(2), generation: 3, desiredPhase: 'stopped' }],
    ['poweroff', { ...replaced(2), generation: 3, desiredPhase: 'stopped', stopMode: 'forced' }],
    ['delete', { ...replaced(2), generation: 3, desiredPhase: 'deleted', stopMode: 'forced' }],
  ];
  for (const [verb, next] of ends) {
    const { node } = await runningNode();
    node.sources.put(newImage, newBytes);
    node.sources.hold(newImage);
    node.assign(replaced(2));
    await node.until((seen) => seen?.waiting?.for === 'image_download', 'fetching');
    node.assign(next);
    await node.clock.advanceUntil(() => node.liveCount() === 0, 6_000, verb);
    assert.equal(node.imageDisk.temporary.size, 0, `${verb}: the download is over`);
  }
  const { node } = await runningNode();
  node.sources.put(newImage, newBytes);
  node.sources.hold(newImage);
  node.assign(replaced(2));
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'fetching');
  node.assign(order(3, { cmdline: 'quiet' }));
  await assertReplaced(node, 3);
});

test('a guest that ends while its new image comes is not revived from the old one; the new run begins when it is there', async () => {
  const { node } = await runningNode();
  node.sources.put(newImage, newBytes);
  const release = node.sources.hold(newImage);
  node.assign(replaced(2));
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'fetching');
  const [process] = node.world.vmProcesses(testUid);
  assert.ok(process);
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.incarnation?.run === 2, 'its end was seen', 200);
  assert.deepEqual(
    node.seen()?.history.map(({ code }) => code),
    ['hypervisor_exited'],
  );
  release();
  await assertReplaced(node, 2);
  assert.equal(node.sources.fetches(newImage), 1, 'the start has taken the download over');
});

test('an agent that dies while it fetches leaves the guest as it is; the next one fetches anew and replaces it', async () => {
  const { node, assertUntouched } = await runningNode();
  node.sources.put(newImage, newBytes);
  const release = node.sources.hold(newImage);
  node.assign(replaced(2));
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'fetching');
  node.kill();
  node.boot();
  await node.clock.advance(20_000);
  assertUntouched();
  assert.equal(node.sources.fetches(newImage), 2);
  release();
  await assertReplaced(node, 2);
});

test('an agent that dies after it has fetched an image without a digest keeps to the bytes that it fixed', async () => {
  const { node } = await runningNode();
  node.sources.put(newImage, newBytes);
  node.assign(replaced(2));
  await node.until((seen) => seen?.incarnation?.state === 'stopping', 'condemned');
  assert.equal(node.seen()?.images[newImage]?.sha256, digestOf(newBytes));
  node.kill();
  node.sources.put(newImage, new Uint8Array(512).fill(9));
  node.boot();
  await assertReplaced(node, 2);
  assert.equal(node.world.instances.get(testUid)?.root?.sha256, digestOf(newBytes));
  assert.equal(node.sources.fetches(newImage), 1);
});

test('an agent that is told to stop does not wait for a fetch', async () => {
  const node = createTestNode();
  const life = node.boot();
  node.assign(order(1));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.sources.put(newImage, newBytes);
  node.sources.hold(newImage);
  node.assign(replaced(2));
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'fetching');
  life.stop();
  await life.ended;
  assert.equal(node.imageDisk.temporary.size, 0);
  assert.equal(node.liveCount(), 1);
});

test('an agent that is told to stop as a fetch begins asks for no other one, and ends', async () => {
  const begun: string[] = [];
  const errors: string[] = [];
  const log: Log = {
    ...quietLog,
    error: (message) => errors.push(message),
    info: (message, fields) => {
      if (message !== 'action' || fields?.['action'] !== 'fetch') return;
      begun.push(String(fields['because']));
      life.stop();
    },
  };
  const node = createTestNode({ log });
  const life = node.boot();
  node.assign(order(1));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.sources.put(newImage, newBytes);
  node.assign(replaced(2));
  await node.clock.advance(1_000);
  await life.ended;
  assert.deepEqual(begun, ['run_superseded']);
  assert.deepEqual(errors, []);
  assert.equal(node.liveCount(), 1);
});

test('old and new images are kept through collections until the new run is let go; then the old one goes', async () => {
  const { node } = await runningNode();
  const initrd = 'https://images.example.org/initrd-2';
  const initrdBytes = new Uint8Array(512).fill(1);
  node.sources.put(initrd, initrdBytes);
  // The initrd comes before the image.
  node.assign(order(2, { imageUrl: newImage, initrd, initrdSha256: digestOf(initrdBytes) }));
  await errorIs(node, 'image_unavailable');
  await node.clock.advance(700_000);
  for (const digest of [oldDigest, digestOf(initrdBytes)]) assert.ok(node.imageDisk.entries.has(digest), digest);
  assert.equal(node.sources.fetches(initrd), 1);
  node.sources.put(newImage, newBytes);
  await node.until((seen) => seen?.incarnation?.state === 'stopping', 'condemned', 400_000);
  for (const digest of [oldDigest, digestOf(newBytes)]) assert.ok(node.imageDisk.pins.has(digest), digest);
  await assertReplaced(node, 2);
  await node.clock.advance(310_000);
  assert.ok(!node.imageDisk.entries.has(oldDigest), 'nobody needs it');
  assert.ok(node.imageDisk.entries.has(digestOf(newBytes)));
});

test('F1 a fetch that makes no progress for 5 min is given up, told, and begun anew; the guest goes on', async () => {
  const { node, assertUntouched } = await runningNode();
  node.sources.put(newImage, newBytes);
  const release = node.sources.hold(newImage);
  node.assign(replaced(2));
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'fetching');
  await node.clock.advance(290_000);
  assert.equal(node.seen()?.operationError, null);
  await errorIs(node, 'operation_deadline_exceeded');
  assertUntouched();
  release();
  await assertReplaced(node, 2);
});

test('a guest that is at its end is not kept for the artefacts of the next run', async () => {
  const { node } = await runningNode();
  node.assign(replaced(2));
  await errorIs(node, 'image_unavailable');
  node.world.guestPanics(testUid);
  await node.clock.advanceUntil(() => node.liveCount() === 0, 1_000, 'it is cleared away');
});

test('S8 a pass over a guest whose new image cannot be had performs nothing before the next try is due', async () => {
  const { node } = await runningNode();
  node.sources.put(newImage, newBytes);
  node.assign(replaced(2, { imageSha256: oldDigest.replace(/^./, '0') }));
  await errorIs(node, 'checksum_mismatch');
  const { revision } = node.medium.backup();
  await node.clock.advance(60_000);
  assert.equal(node.medium.backup().revision, revision, 'nothing is journaled');
});

test('S8 a guest that stops again after each resume while its new image does not come is let go with backoff, not in a loop', async () => {
  const { node } = await runningNode();
  node.assign(replaced(2));
  await errorIs(node, 'image_unavailable');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  assert.ok(vm);
  let resumes = 0;
  vm.listeners.add(() => {
    if (vm.state() !== 'running') return;
    resumes += 1;
    vm.pause();
  });
  vm.pause();
  await node.clock.advance(60_000);
  assert.ok(resumes >= 3 && resumes <= 8, `${resumes} tries in a minute`);
});
