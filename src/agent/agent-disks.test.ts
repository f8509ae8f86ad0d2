/** Data disks that are taken out of a declaration: they go with their content, but never before, and never by a mistake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { anAssignment } from '../ports/testing/control-link-samples.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

const aDisk = (name: string, sizeGib: number) => ({
  name,
  sizeGib,
  pool: 'default',
  ephemeral: false,
  readOnly: false,
});
const specWith = (...disks: ReturnType<typeof aDisk>[]) => testSpec({ disks });
const both = specWith(aDisk('data', 3), aDisk('kept', 1));
const without = specWith(aDisk('kept', 1));

async function runningNode() {
  const node = createTestNode();
  node.boot();
  node.assign(aDesired({ spec: both }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const files = () => Object.fromEntries(node.world.instances.get(testUid)?.diskGib ?? []);
  assert.deepEqual(files(), { data: 3, kept: 1 });
  return { node, files };
}

test('a disk that is left out at a restart is gone with its content; its name later means another disk, smaller if wanted', async () => {
  const { node, files } = await runningNode();
  node.assign(aDesired({ generation: 2, run: 2, spec: without }));
  await node.until((seen) => seen?.observedGeneration === 2, 'restarted without it');
  assert.deepEqual(files(), { kept: 1 });
  assert.ok(node.events().includes('disk_removed'));
  node.assign(aDesired({ generation: 3, run: 2, spec: specWith(aDisk('kept', 1), aDisk('data', 1)) }));
  await node.until((seen) => seen?.observedGeneration === 3, 'in sync with a new one');
  assert.deepEqual(files(), { data: 1, kept: 1 });
});

test('a disk of a stopped instance goes at once; its name added smaller is made at the next start', async () => {
  const { node, files } = await runningNode();
  const off = { desiredPhase: 'stopped' as const, stopMode: 'forced' as const };
  node.assign(aDesired({ generation: 2, spec: both, ...off }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  node.assign(aDesired({ generation: 3, spec: without, ...off }));
  await node.until((seen) => seen?.observedGeneration === 3, 'without it');
  assert.deepEqual(files(), { kept: 1 });
  node.assign(aDesired({ generation: 4, run: 2, spec: specWith(aDisk('data', 1), aDisk('kept', 1)) }));
  await node.until((seen) => seen?.observedGeneration === 4, 'in sync');
  assert.deepEqual(files(), { data: 1, kept: 1 });
  assert.deepEqual(
    node.seen()?.facts?.disks.find(({ name }) => name === 'data'),
    { name: 'data', sizeGib: 1 },
  );
});

test('a removal that waits for the next start touches nothing; a disk that is declared again before keeps its content', async () => {
  const { node, files } = await runningNode();
  node.assign(aDesired({ generation: 2, spec: without }));
  await node.until((seen) => seen?.seenGeneration === 2, 'seen');
  await node.clock.advance(120_000);
  assert.deepEqual(files(), { data: 3, kept: 1 });
  node.kill();
  node.boot();
  node.assign(aDesired({ generation: 3, spec: both }));
  await node.until((seen) => seen?.observedGeneration === 3, 'taken back');
  node.assign(aDesired({ generation: 4, run: 2, spec: both }));
  await node.until((seen) => seen?.observedGeneration === 4, 'restarted');
  assert.deepEqual(files(), { data: 3, kept: 1 });
  assert.equal(node.events().includes('disk_removed'), false);
});

test('a crash of the guest while a removal waits carries it out, as any other start would', async () => {
  const { node, files } = await runningNode();
  node.assign(aDesired({ generation: 2, spec: without }));
  await node.until((seen) => seen?.seenGeneration === 2, 'seen');
  const process = node.world.vmProcesses(testUid)[0];
  assert.ok(process);
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.facts?.disks.length === 1, 'restarted without it');
  assert.deepEqual(files(), { kept: 1 });
});

test('a store restored from before a disk was added destroys nothing: the file stays, and is there again when declared', async () => {
  const { node, files } = await runningNode();
  const restored = (revision: number, ...args: Parameters<typeof aDesired>) => {
    const assignment = anAssignment(revision, [aDesired(...args)]);
    node.plane.publish({ ...assignment, at: { epoch: assignment.at.epoch + 1, revision } });
  };
  restored(1, { generation: 5, run: 2, spec: without });
  await node.until((seen) => seen?.observedGeneration === 5, 'restarted without it');
  restored(2, { generation: 6, run: 3, spec: without });
  await node.until((seen) => seen?.observedGeneration === 6, 'and once more');
  assert.deepEqual(files(), { data: 3, kept: 1 });
  restored(3, { generation: 7, run: 3, spec: both });
  await node.until((seen) => seen?.observedGeneration === 7, 'it is back');
  assert.deepEqual(files(), { data: 3, kept: 1 });
});

test('a removal that broke off is no loss: a disk that is declared again meanwhile is made anew', async () => {
  const { node, files } = await runningNode();
  const off = { desiredPhase: 'stopped' as const, stopMode: 'forced' as const };
  const disks = node.world.instances.get(testUid)?.diskGib;
  assert.ok(disks);
  disks.delete = (name) => {
    Map.prototype.delete.call(disks, name);
    throw new Error('input/output error');
  };
  node.assign(aDesired({ generation: 2, spec: without, ...off }));
  await node.clock.advanceUntil(() => files()['data'] === undefined, 60_000, 'half done');
  node.assign(aDesired({ generation: 3, run: 2, spec: both }));
  await node.until((seen) => seen?.observedGeneration === 3, 'in sync');
  assert.deepEqual(files(), { data: 3, kept: 1 });
  assert.deepEqual(node.seen()?.history, []);
});

const unlink = (node: ReturnType<typeof createTestNode>, disk: string) =>
  node.world.instances.get(testUid)?.unlinked.add(disk);

test("S11 a disk file that is removed under the running guest is told once; nothing but the user's stop ends its process", async () => {
  const { node } = await runningNode();
  const first = node.seen()?.incarnation?.id;
  unlink(node, 'data');
  await node.until((seen) => (seen?.facts?.lostFiles.length ?? 0) > 0, 'found');
  assert.deepEqual(node.seen()?.facts?.lostFiles, [{ disk: 'data', how: 'gone' }]);
  node.assign(aDesired({ generation: 2, run: 2, spec: both }));
  await node.until((seen) => seen?.seenGeneration === 2, 'the reboot is seen');
  node.kill();
  node.boot();
  await node.clock.advance(400_000);
  assert.equal(node.seen()?.incarnation?.id, first, 'what only the process has is not thrown away');
  assert.equal(node.liveCount(), 1);
  assert.equal(node.events().filter((code) => code === 'disk_file_lost').length, 1);

  node.assign(aDesired({ generation: 3, run: 2, spec: both, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((seen) => seen?.observedGeneration === 3, 'stopped');
  assert.equal(node.liveCount(), 0, "a user's stop outranks it (F5)");
  node.assign(aDesired({ generation: 4, run: 3, spec: both }));
  await node.until((seen) => seen?.failure?.reason.code === 'volume_unavailable', 'never made anew');
  assert.equal(node.world.instances.get(testUid)?.diskGib.get('data'), undefined);
});

test('S11 a guest that ends itself while a file of its disks is lost keeps its process: no policy restarts it without the file', async () => {
  for (const deed of ['guestPanics', 'guestPowersOff'] as const) {
    const { node } = await runningNode();
    unlink(node, 'data');
    await node.until((seen) => (seen?.facts?.lostFiles.length ?? 0) > 0, 'found');
    node.world[deed](testUid);
    await node.until((seen) => seen?.incarnation?.state === 'stopped', 'seen to have ended');
    node.kill();
    node.boot();
    await node.clock.advance(400_000);
    assert.equal(node.liveCount(), 1, `${deed}: what only the process has is not thrown away`);
    assert.equal(node.seen()?.operationError, null, 'nothing is waited for that could be late');

    node.assign(aDesired({ generation: 2, spec: both, desiredPhase: 'stopped' }));
    await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
    assert.equal(node.liveCount(), 0, "a user's stop outranks it (F5)");
  }
});

test('S11 a file that is put back in its place lets the restart that waited for it go on', async () => {
  const { node, files } = await runningNode();
  unlink(node, 'data');
  await node.until((seen) => (seen?.facts?.lostFiles.length ?? 0) > 0, 'found');
  node.assign(aDesired({ generation: 2, run: 2, spec: both }));
  await node.clock.advance(60_000);
  assert.equal(node.seen()?.incarnation?.run, 1);
  node.world.instances.get(testUid)?.unlinked.clear();
  await node.until((seen) => seen?.observedGeneration === 2, 'restarted');
  assert.deepEqual(files(), { data: 3, kept: 1 });
  assert.ok(node.events().includes('disk_file_back'));
});

test('S11 a disk that is taken out by hand and whose file is gone is not plugged in again empty', async () => {
  const { node } = await runningNode();
  unlink(node, 'data');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  vm?.disks.splice(vm.disks.indexOf('data'), 1);
  await node.until((seen) => seen?.operationError?.reason.code === 'volume_unavailable', 'told');
  await node.clock.advance(120_000);
  const there = node.seen()?.facts?.disks.map(({ name }) => name);
  assert.deepEqual(there, ['kept']);
  assert.equal(node.liveCount(), 1);
});

test('F1 a change in place that fails is tried again when it says, each time', async () => {
  const { node } = await runningNode();
  unlink(node, 'data');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  vm?.disks.splice(vm.disks.indexOf('data'), 1);
  await node.until((seen) => seen?.operationError != null, 'told');
  for (let tries = 0; tries < 8; tries += 1) {
    const next = node.seen()?.operationError?.retryAt ?? assert.fail();
    await node.clock.advance(next + 1_000 - node.clock.now());
    assert.ok((node.seen()?.operationError?.retryAt ?? 0) > node.clock.now(), `tried again after ${tries} times`);
  }
});

test('S11 a disk file that is lost while a restart waits for the guest to power off keeps its process', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(aDesired({ spec: testSpec({ stop: { graceSeconds: 30, onTimeout: 'kill' } }) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const [process] = node.world.vmProcesses(testUid);
  node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
  const spec = testSpec({ stop: { graceSeconds: 30, onTimeout: 'kill' } });
  node.assign(aDesired({ generation: 2, run: 2, spec }));
  await node.until((seen) => seen?.incarnation?.state === 'stopping', 'asked to stop');
  unlink(node, 'root');
  await node.clock.advance(100_000);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  assert.equal(node.seen()?.incarnation?.state, 'running');
  node.assign(aDesired({ generation: 3, run: 2, spec, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.clock.advanceUntil(() => node.liveCount() === 0, 60_000, 'the user may');
});
