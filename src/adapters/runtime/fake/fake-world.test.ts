import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmSpec } from '../../../core/instance/spec.ts';
import { aSpec } from '../../../core/instance/testing/builders.ts';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import { createFakeRuntime } from './create-fake-runtime.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeWorld } from './fake-world.ts';
import { createCountingRandom, createTestClock, during } from './testing/test-time.ts';

const signal = new AbortController().signal;

async function aRunningVm(fields: Partial<VmSpec> = {}) {
  const clock = createTestClock();
  const random = createCountingRandom();
  const world = createFakeWorld({ clock, random });
  const runtime = createFakeRuntime({ world, host: createFakeHost(world) });
  const uid = asUid(random.uuid());
  const artefacts = { root: null, kernel: null, initrd: null };
  const request = {
    ...{ uid, name: 'vm', incarnationId: asIncarnationId(random.uuid()) },
    ...{ spec: aSpec(fields), artefacts, hostPorts: {}, replaceRoot: false, madeBefore: [] },
  };
  await runtime.realise(request, signal);
  const proof = await runtime.spawn(request, signal);
  await runtime.resume(request, signal);
  await clock.advance(3_000);
  const state = async () => {
    const { monitor } = await during(clock, runtime.observe(request, proof, signal));
    return monitor.kind === 'answered' ? monitor.state : monitor.kind;
  };
  return { clock, random, world, runtime, request, proof, state };
}

test('a spawn that is to fail leaves a dead process and no second one', async () => {
  const { world, runtime, request, proof, random } = await aRunningVm();
  await runtime.kill(request, proof, signal);
  world.faults = { ...world.faults, spawnFails: () => true };
  const next = { ...request, incarnationId: asIncarnationId(random.uuid()) };
  await assert.rejects(runtime.spawn(next, signal), (error) => faultCode(error) === 'hypervisor_spawn_failed');
  assert.equal((await runtime.observe(next, null, signal)).process.life, 'dead');
  assert.deepEqual(world.vmProcesses(request.uid), []);
});

test('a silent monitor answers nobody while the guest goes on, and answers again later (F2)', async () => {
  const { clock, world, runtime, request, state } = await aRunningVm();
  world.faults = { ...world.faults, monitorSilent: () => true };
  assert.equal(await state(), 'silent');
  const call = during(clock, runtime.pause(request, signal));
  await assert.rejects(call, (error) => faultCode(error) === 'monitor_silent');
  world.faults = { ...world.faults, monitorSilent: () => false };
  assert.equal(await state(), 'running');
});

test('a guest may ignore the power button; one that obeys takes its time', async () => {
  const { clock, world, runtime, request, state } = await aRunningVm();
  world.faults = { ...world.faults, ignoresPowerButton: () => true };
  await runtime.powerDown(request, signal);
  await clock.advance(60_000);
  assert.equal(await state(), 'running');
  world.faults = { ...world.faults, ignoresPowerButton: () => false };
  await runtime.powerDown(request, signal);
  assert.equal(await state(), 'running');
  await clock.advance(2_000);
  assert.equal(await state(), 'powered_off');
});

test('time does not pass for a paused guest', async () => {
  const { clock, world, runtime, request, state } = await aRunningVm();
  await runtime.powerDown(request, signal);
  world.guestIsPaused(request.uid);
  await clock.advance(60_000);
  assert.equal(await state(), 'paused');
  await runtime.resume(request, signal);
  await clock.advance(0);
  assert.equal(await state(), 'powered_off');
});

test('what happens by itself wakes the watch: power-off, panic, death, lack of memory', async () => {
  const deeds = ['guestPowersOff', 'guestPanics'] as const;
  for (const deed of deeds) {
    const { world, runtime, request, proof, state } = await aRunningVm();
    let wakes = 0;
    const change = () => {
      wakes += 1;
    };
    runtime.watch(request, proof, { change, reboot: () => undefined });
    world[deed](request.uid);
    assert.equal(wakes, 1);
    assert.equal(await state(), deed === 'guestPanics' ? 'panicked' : 'powered_off');
  }
  const { world, runtime, request, proof } = await aRunningVm();
  const [process] = world.vmProcesses(request.uid);
  assert.ok(process !== undefined);
  world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' }, true);
  const { process: seen } = await runtime.observe(request, proof, signal);
  assert.deepEqual(seen, {
    life: 'dead',
    exit: { kind: 'signal', signal: 'SIGKILL' },
    oomKilled: true,
    stderrTail: [],
  });
});

test('only the life that started a process learns how it ended', async () => {
  const { world, request, proof } = await aRunningVm();
  const adopted = createFakeRuntime({ world, host: createFakeHost(world) });
  const [process] = world.vmProcesses(request.uid);
  assert.ok(process !== undefined);
  world.endProcess(process, { kind: 'code', code: 1 });
  const { process: seen } = await adopted.observe(request, proof, signal);
  assert.ok(seen.life === 'dead' && seen.exit.kind === 'unknown');
});

test('a reboot of the host ends every process, keeps the disks and has another boot id', async () => {
  const { world, runtime, request, proof } = await aRunningVm({
    disks: [{ name: 'data', sizeGib: 3, pool: 'default', ephemeral: false, readOnly: false }],
  });
  const before = world.bootId();
  world.rebootHost();
  assert.notEqual(world.bootId(), before);
  assert.equal((await runtime.observe(request, proof, signal)).process.life, 'dead');
  assert.equal(world.instances.get(request.uid)?.diskGib.get('data'), 3);
});
