/** Deaths, failures, silence: what goes wrong below the agent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeVm } from '../adapters/runtime/fake/fake-vm.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asIncarnationId } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import { createTestNode, testImage, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });

test('S18 F5 a killed process is restarted at once by policy, with a new incarnation of the same run', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  const process = node.world.vmProcesses(testUid)[0];
  assert.ok(process);
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.incarnation?.state === 'running' && seen.incarnation.id !== first, 'again', 100);
  assert.equal(node.liveCount(), 1);
  assert.equal(node.seen()?.incarnation?.run, 1);
  assert.deepEqual(
    node.seen()?.history.map(({ code }) => code),
    ['hypervisor_exited'],
  );
  assert.equal(node.seen()?.restart.attempt, 1);
});

test('what is retried in vain for hours is one entry of the history and one event, and its success is told (spec §2)', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.assign(running({ generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
  node.sources.setMode(testImage, 'unavailable');
  const spec = testSpec({ imageUrl: testImage, imageFormat: 'raw' });
  const before = node.events().length;
  node.assign(running({ generation: 3, run: 2, spec }));
  await node.clock.advance(10_800_000);
  node.kill();
  node.boot();
  await node.clock.advance(10_800_000);
  const [past, ...others] = node.seen()?.history ?? [];
  assert.deepEqual([past?.code, others], ['image_unavailable', []]);
  assert.ok((past?.times ?? 1) > 60 && (past?.lastAt ?? 0) - (past?.at ?? 0) > 21_000_000, `${past?.times} times`);
  assert.deepEqual(node.events().slice(before), ['starting', 'image_unavailable']);
  node.assign(running({ generation: 4, run: 3, spec }));
  await node.clock.advance(10_000);
  const told = ['starting', 'image_unavailable'];
  assert.deepEqual(node.events().slice(before), [...told, ...told], 'what was asked for anew is told of anew');
  node.sources.setMode(testImage, 'serving');
  await node.until((seen) => seen?.observedGeneration === 4, 'started at last', 400_000);
  await node.clock.advance(1_000);
  assert.deepEqual(node.events().slice(before), [...told, ...told, 'started']);
});

test('F1 a wait that goes over its deadline again and again is told once, of a start as of a stop', async () => {
  const node = createTestNode();
  node.sources.hold(testImage);
  node.boot();
  node.assign(running({ spec: testSpec({ imageUrl: testImage, imageFormat: 'raw' }) }));
  await node.clock.advance(1_800_000);
  assert.deepEqual(node.events(), ['starting', 'operation_deadline_exceeded']);
  assert.equal(node.seen()?.history.length, 1);
  node.assign(running({ generation: 2, specHash: 'sha256:bb' }));
  await node.until((seen) => seen?.observedGeneration === 2, 'started');
  node.world.endProcess = () => undefined;
  node.assign(running({ generation: 3, desiredPhase: 'stopped', stopMode: 'forced' }));
  await node.clock.advance(1_800_000);
  assert.equal(node.events().filter((code) => code === 'operation_deadline_exceeded').length, 2);
  assert.equal(node.seen()?.history.length, 2);
});

test('what the node lacks for a start is told with what to do about it, before anything is fetched', async () => {
  const node = createTestNode();
  node.boot();
  const spec = testSpec({ accel: 'kvm' });
  node.assign(running({ spec }));
  await node.until((seen) => seen?.failure?.reason.code === 'realisation_failed', 'told', 1_000);
  const { message, details } = node.seen()?.failure?.reason ?? {};
  assert.equal(message, 'Cannot start VM "web-1": accel is kvm, and KVM does not work on this node (simulated)');
  assert.match(String(details?.['next_action']), /^Declare accel auto or tcg/);
  assert.equal(node.sources.fetches(spec.kernel ?? ''), 0);
});

test('an action that fails again and again is tried ever more rarely and told once, and again once it had worked', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const told = () => node.events().filter((code) => code === 'monitor_failed').length;
  for (const times of [1, 2]) {
    const vm = node.world.vmProcesses(testUid)[0]?.vm;
    assert.ok(vm);
    const { pause } = vm;
    let tries = 0;
    vm.pause = () => {
      tries += 1;
      throw new Fault('monitor_failed', 'Monitor refused "stop"');
    };
    node.assign(running({ generation: 2 * times, desiredPaused: true }));
    await node.clock.advance(5_000);
    assert.ok(tries >= 3, `${tries} tries in 5 s: no regular pass is waited for`);
    await node.clock.advance(3_600_000);
    assert.equal(told(), times);
    assert.ok(tries > 12 && tries < 40, `${tries} tries in an hour`);
    vm.pause = pause;
    await node.until((seen) => seen?.guest === 'paused', 'paused at last', 400_000);
    node.assign(running({ generation: 2 * times + 1 }));
    await node.until((seen) => seen?.guest === 'running', 'resumed', 10_000);
  }
});

test('F5 under restart_policy never a killed process stays dead and is an error', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ spec: testSpec({ restartPolicy: 'never' }) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const process = node.world.vmProcesses(testUid)[0];
  assert.ok(process);
  node.world.endProcess(process, { kind: 'code', code: 3 });
  await node.clock.advance(120_000);
  assert.equal(node.liveCount(), 0);
  assert.equal(node.seen()?.failure?.reason.code, 'hypervisor_exited');
});

test('F5 a guest power-off ends the run under never and on_failure, restarts under always; start brings it back', async () => {
  for (const restartPolicy of ['never', 'on_failure', 'always'] as const) {
    const node = createTestNode();
    node.boot();
    node.assign(running({ spec: testSpec({ restartPolicy }) }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    const first = node.seen()?.incarnation?.id;
    node.world.guestPowersOff(testUid);
    await node.clock.advance(60_000);
    if (restartPolicy === 'always') {
      assert.equal(node.liveCount(), 1, restartPolicy);
      assert.notEqual(node.seen()?.incarnation?.id, first);
      continue;
    }
    assert.equal(node.liveCount(), 0, restartPolicy);
    assert.equal(node.seen()?.runEnded?.cause, 'guest_power_off');
    assert.equal(node.seen()?.failure, null);
    node.assign(running({ spec: testSpec({ restartPolicy }), generation: 2, run: 2 }));
    await node.until((seen) => seen?.observedGeneration === 2, 'started again', 1_000);
    assert.equal(node.liveCount(), 1);
    assert.equal(node.seen()?.incarnation?.run, 2);
  }
});

test('start resets the backoff of a guest that keeps powering itself off under always, as it does after a crash (spec §2)', async () => {
  const node = createTestNode();
  node.boot();
  const spec = testSpec({ restartPolicy: 'always' });
  node.assign(running({ spec }));
  for (const attempt of [1, 2, 3, 4]) {
    await node.until((seen) => seen?.guest === 'running', `guest number ${attempt} runs`);
    node.world.guestPowersOff(testUid);
    await node.until((seen) => seen?.restart.attempt === attempt, `end number ${attempt}`, 1_000);
  }
  const nextAt = node.seen()?.restart.nextAt ?? 0;
  assert.ok(nextAt - node.clock.now() > 2_000, 'it backs off');
  node.assign(running({ spec, generation: 2, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'started at once', 1_000);
  assert.equal(node.seen()?.restart.attempt, 0);
});

test('F1 an image that does not come is an error after 5 min without progress, and goes on being tried', async () => {
  const node = createTestNode();
  const release = node.sources.hold('https://images.example.org/vmlinuz');
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'waiting');
  await node.until((seen) => seen?.failure?.reason.code === 'operation_deadline_exceeded', 'overdue', 400_000);
  release();
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync', 60_000);
  assert.equal(node.seen()?.failure, null);
});

test('F2 a silent monitor is neither death nor failure; the guest goes on', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  node.world.faults = { ...node.world.faults, monitorSilent: () => true };
  await node.until((seen) => seen?.guest === 'silent', 'silent', 30_000);
  await node.clock.advance(400_000);
  assert.equal(node.seen()?.incarnation?.id, first);
  assert.equal(node.seen()?.incarnation?.state, 'running');
  assert.notEqual(node.seen()?.silentSince, null);
  node.world.faults = { ...node.world.faults, monitorSilent: () => false };
  await node.until((seen) => seen?.guest === 'running' && seen.silentSince === null, 'answers again', 30_000);
});

test('F2 a silence shorter than 10 s is told by nobody; a longer one once, as its condition begins, also over an agent restart', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const fallSilent = (silent: boolean) => {
    node.world.faults = { ...node.world.faults, monitorSilent: () => silent };
  };
  const told = () => node.events().filter((code) => code === 'monitor_silent' || code === 'monitor_answers');
  fallSilent(true);
  await node.until((seen) => seen?.guest === 'silent', 'silent', 30_000);
  await node.clock.advance(5_000);
  fallSilent(false);
  await node.until((seen) => seen?.silentSince === null, 'answers again', 30_000);
  await node.clock.advance(20_000);
  assert.deepEqual(told(), []);

  fallSilent(true);
  await node.until((seen) => seen?.guest === 'silent', 'silent', 30_000);
  const since = node.seen()?.silentSince ?? 0;
  await node.clock.advanceUntil(() => told().length > 0, 30_000, 'told');
  const lasted = node.clock.now() - since;
  assert.ok(lasted >= 10_000 && lasted < 11_000, `told after ${lasted} ms`);
  node.kill();
  node.boot();
  await node.clock.advance(60_000);
  assert.deepEqual(told(), ['monitor_silent']);
  fallSilent(false);
  await node.clock.advance(30_000);
  assert.deepEqual(told(), ['monitor_silent', 'monitor_answers']);
});

test('F2 no guest is ended for a silence that nobody saw: the time in which the agent was away does not count', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ spec: testSpec({ onUnresponsive: 'restart' }) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const [process] = node.world.vmProcesses(testUid);
  node.world.faults = { ...node.world.faults, monitorSilent: () => true };
  await node.until((seen) => seen?.guest === 'silent', 'silent', 30_000);
  node.kill();
  await node.clock.advance(600_000);
  node.boot();
  await node.clock.advance(240_000);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  await node.clock.advance(120_000);
  assert.notDeepEqual(node.world.vmProcesses(testUid), [process], 'seen for 5 min');
});

test('F2 a monitor that is silent for 5 min ends its guest under on_unresponsive restart, and a new incarnation runs', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ spec: testSpec({ onUnresponsive: 'restart' }) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  node.world.hang(testUid);
  await node.until((seen) => seen?.guest === 'silent', 'silent', 30_000);
  const since = node.seen()?.silentSince ?? 0;
  await node.clock.advance(since + 290_000 - node.clock.now());
  assert.equal(node.seen()?.incarnation?.id, first);
  await node.until((seen) => seen?.guest === 'running' && seen.incarnation?.id !== first, 'a new one', 60_000);
  assert.equal(node.liveCount(), 1);
  assert.equal(node.seen()?.incarnation?.run, 1);
});

test('a mutable image URL whose bytes changed is checksum_mismatch at the next realisation, never other bytes', async () => {
  const node = createTestNode();
  node.boot();
  const spec = testSpec({ imageUrl: testImage, imageFormat: 'raw' });
  node.assign(running({ spec }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const madeAs = node.world.instances.get(testUid)?.root?.madeAs;
  node.sources.put(testImage, new Uint8Array(64 * 1024).fill(9));
  node.imageDisk.entries.clear();
  node.assign(running({ spec, generation: 2, run: 2 }));
  await node.until((seen) => seen?.operationError?.reason.code === 'checksum_mismatch', 'refused', 120_000);
  assert.equal(node.world.instances.get(testUid)?.root?.madeAs, madeAs, 'the disk is as it was');
  assert.equal(node.seen()?.guest, 'running', 'and so is its guest');
});

test('F1 files that are never done are given up after 5 min; the next attempt succeeds', async () => {
  const node = createTestNode({ times: { realiseMs: 10_000_000, spawnMs: 0 } });
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.waiting?.for === 'disks', 'making disks');
  await node.until((seen) => seen?.failure?.reason.code === 'operation_deadline_exceeded', 'overdue', 400_000);
  assert.equal(node.seen()?.incarnation?.state, 'failed');
});

test('a start that fails is retried with growing backoff, and the attempts survive an agent restart', async () => {
  const node = createTestNode();
  node.world.faults = { ...node.world.faults, spawnFails: () => true };
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.restart.attempt === 4, 'four attempts', 60_000);
  assert.equal(node.seen()?.failure?.reason.code, 'hypervisor_spawn_failed');
  const nextAt = node.seen()?.restart.nextAt ?? 0;
  assert.ok(nextAt - node.clock.now() > 5_000);
  node.kill();
  node.boot();
  await node.clock.advance(1_000);
  assert.equal(node.seen()?.restart.attempt, 4);
  assert.equal(node.seen()?.restart.nextAt, nextAt);
  node.world.faults = { ...node.world.faults, spawnFails: () => false };
  await node.until((seen) => seen?.observedGeneration === 1, 'running', 60_000);
  assert.equal(node.seen()?.failure, null);
});

test('F4 an agent that dies as a start fails leaves its cause to the next one, under every policy', async () => {
  for (let at = 1; at <= 30; at++) {
    const node = createTestNode();
    node.world.faults = { ...node.world.faults, spawnFails: () => true };
    const { life } = node.boot({ at, effect: 'happens' });
    node.assign(running({ spec: testSpec({ restartPolicy: 'never' }) }));
    await node.clock.advance(500);
    if (!node.lastCrashed() || life.calls.at(-1) !== 'runtime.spawn') continue;
    node.boot();
    await node.until((seen) => seen?.history[0]?.code === 'hypervisor_spawn_failed', 'the cause is told');
    node.world.faults = { ...node.world.faults, spawnFails: () => false };
    await node.until((seen) => seen?.observedGeneration === 1, 'it is tried again');
    return;
  }
  assert.fail('no life died in its spawn');
});

test('a foreign process, never let go, that holds the lock of an instance is no failure: it is found and ended, then the start succeeds', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(running({ desiredPhase: 'stopped' }));
  await node.until((seen) => seen?.observedGeneration === 1, 'stopped');
  const files = {
    name: 'web-1',
    root: null,
    diskGib: new Map(),
    incarnations: new Set<never>(),
    log: '',
    unlinked: new Set<string>(),
  };
  node.world.instances.set(testUid, files);
  const lost = asIncarnationId('0195a3c1-dead-7000-8000-000000000001');
  (files.incarnations as Set<unknown>).add(lost);
  const process = node.world.startProcess({ dir: `${testUid}/${lost}`, lockFile: `${testUid}/lock`, argv: [] });
  process.vm = createFakeVm(node.world, { uid: testUid, name: 'web-1', incarnationId: lost }, testSpec(), files, []);
  node.assign(running({ generation: 2, run: 2 }));
  await node.until((seen) => seen?.observedGeneration === 2, 'started', 60_000);
  assert.equal(node.liveCount(), 1);
  assert.equal(node.seen()?.failure, null);
  assert.deepEqual(node.seen()?.history, []);
  assert.ok(node.events().includes('stray_killed'));
});

test('a disk that was lost with everything of its instance is volume_unavailable, never made anew (spec §9)', async () => {
  const data = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
  const specs = [testSpec({ imageUrl: testImage, imageFormat: 'raw' }), testSpec({ disks: [data] })];
  for (const spec of specs) {
    const node = createTestNode();
    node.boot();
    node.assign(running({ spec }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    node.assign(running({ spec, generation: 2, desiredPhase: 'stopped', stopMode: 'forced' }));
    await node.until((seen) => seen?.observedGeneration === 2, 'stopped');
    node.world.instances.delete(testUid);
    node.assign(running({ spec, generation: 3, run: 2 }));
    await node.until((seen) => seen?.failure?.reason.code === 'volume_unavailable', 'the loss is told');
    assert.equal(node.liveCount(), 0);
  }
});

test('S7 the text of an error nobody foresaw stays on the node: neither reasons nor events hold it', async () => {
  const node = createTestNode();
  node.world.startProcess = () => {
    throw Object.assign(new Error("ENOENT: no such file or directory, open '/srv/secret/pid'"), { code: 'ENOENT' });
  };
  node.boot();
  node.assign(running());
  await node.until((seen) => seen?.failure?.reason.code === 'hypervisor_spawn_failed', 'failed');
  const told = JSON.stringify(node.plane.reports);
  assert.doesNotMatch(told, /secret/);
  assert.match(told, /ENOENT/);
});

test('S8 a guest that stops again after each correction (its disk is full, say) is let go with backoff, not in a loop', async () => {
  const node = createTestNode();
  const { life } = node.boot();
  node.assign(running());
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  assert.ok(vm);
  vm.listeners.add(() => {
    if (vm.state() === 'running') vm.pause();
  });
  const resumes = () => life.calls.filter((call) => call === 'runtime.resume').length;
  const before = resumes();
  vm.pause();
  await node.clock.advance(60_000);
  const tries = resumes() - before;
  assert.ok(tries >= 3 && tries <= 8, `${tries} tries in a minute`);
  node.assign(running({ generation: 2, desiredPaused: true }));
  await node.until((seen) => seen?.observedGeneration === 2, 'paused as ordered', 1_000);
});
