/** Contract of runtimes: what the guest does, and what is changed while it runs. */
import assert from 'node:assert/strict';
import { Fault, faultCode } from '../../core/kit/fault.ts';
import { aDisk, aNic, type Check, noop, signal } from './runtime-bench.ts';

export function guestChecks(check: Check): void {
  check('a guest obeys the power button; the process waits to be read, also by the next agent (F5)', async (bench) => {
    const { request, proof } = await bench.start({});
    const { world } = bench;
    let wakes = 0;
    const change = () => {
      wakes += 1;
    };
    world.runtime.watch(request, proof, { change, reboot: noop });
    await world.runtime.resume(request, signal);
    await bench.untilReady(request);
    const before = wakes;
    await world.runtime.powerDown(request, signal);
    await world.until('the guest to power off', async () => bench.isIn(request, proof, 'powered_off'));
    assert.ok(wakes > before, 'the end of the guest woke the watch');
    await world.restartAgent();
    assert.ok(await bench.isIn(request, proof, 'powered_off'));
    await world.runtime.kill(request, proof, signal);
    await world.runtime.clear(request, signal);
    const log = Buffer.from(await world.runtime.readLog(request, 100_000)).toString();
    assert.ok(log.includes(world.readyText), 'the log outlives the incarnation');
    for (let call = 0; call < 2; call += 1) await world.runtime.remove(request, signal);
    await world.restartAgent();
    const read = async () => Buffer.from(await world.runtime.readLog(request, 100_000)).toString();
    await world.runtime.dropLogs(0, signal);
    assert.equal(await read(), log, 'the log outlives the instance');
    await world.runtime.dropLogs(Number.MAX_SAFE_INTEGER, signal);
    assert.equal(await read(), '', 'and goes after its time');
  });

  check('a reboot that the guest wished is told, one that was ordered is none of its own', async (bench) => {
    const { request, proof } = await bench.start({});
    const { world } = bench;
    let reboots = 0;
    const reboot = () => {
      reboots += 1;
    };
    const watch = world.runtime.watch(request, proof, { change: noop, reboot });
    await world.runtime.resume(request, signal);
    const boots = async () =>
      Buffer.from(await world.runtime.readLog(request, 100_000))
        .toString()
        .split(world.readyText).length - 1;
    await bench.untilReady(request);
    await world.runtime.reset(request, signal);
    await world.until('the boot after the reset', async () => (await boots()) === 2);
    assert.equal(reboots, 0);
    const console = await world.runtime.attachConsole(request, 0, noop, noop);
    console.write(Buffer.from('reboot\r'));
    await world.until('the boot after that of the guest', async () => (await boots()) === 3);
    assert.equal(reboots, 1);
    assert.ok(await bench.isIn(request, proof, 'running'));
    watch.close();
  });

  check('a power-off and a panic of the guest itself are told apart (F5)', async (bench) => {
    const { world } = bench;
    for (const [option, state] of [
      ['holdfast.poweroff', 'powered_off'],
      ['holdfast.panic', 'panicked'],
    ] as const) {
      const { request, proof } = await bench.start({ cmdline: `console=ttyS0 quiet ${option}` });
      await world.runtime.resume(request, signal);
      await world.until(state, () => bench.isIn(request, proof, state));
      assert.equal((await bench.look(request, proof)).process.life, 'alive');
    }
  });
}

export function changeChecks(check: Check): void {
  check('facts tell what the process was started with, and an update in place changes them (S11)', async (bench) => {
    const { runtime, withRoot, freePort } = bench.world;
    const [portA, portB, portC] = [await freePort(), await freePort(), await freePort()];
    const forward = (hostPort: number, guestPort: number) =>
      ({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort, guestPort }) as const;
    const nic = aNic({ forwards: [forward(0, 22)] });
    const spec = { cpuCores: 1, cpuCoresMax: 2, diskGib: 1, disks: [aDisk()], nics: [nic] };
    const hostPorts = { 'eth0/tcp:127.0.0.1:22': portA };
    const { request, proof } = await bench.start(spec, withRoot, hostPorts);
    assert.deepEqual(await runtime.connections(request, portA, signal), [], 'a rule is no connection');
    const before = (await bench.look(request, proof)).facts;
    assert.ok(before !== null);
    const { cpuCores, cpuCoresMax, memoryMib, freePorts, rootDiskBytes, disks, nics } = before;
    assert.deepEqual(
      { cpuCores, cpuCoresMax, memoryMib, freePorts, rootDiskBytes, disks, nics },
      {
        cpuCores: 1,
        cpuCoresMax: 2,
        memoryMib: request.spec.memoryMib,
        freePorts: 4,
        rootDiskBytes: 2 ** 30,
        disks: [{ name: 'data', sizeGib: 1 }],
        nics: [{ name: 'eth0', mac: nic.mac, forwards: [forward(portA, 22)] }],
      },
    );
    const wanted = bench.world.spec({
      ...spec,
      cpuCores: 2,
      diskGib: 2,
      disks: [aDisk({ sizeGib: 2 }), aDisk({ name: 'more' })],
      nics: [
        aNic({ forwards: [forward(portB, 22), forward(0, 80)] }),
        aNic({ name: 'eth1', mac: '52:54:00:12:34:57', forwards: [forward(portC, 22)] }),
      ],
    });
    const ports = { 'eth0/tcp:127.0.0.1:80': portA };
    for (let call = 0; call < 2; call += 1)
      await runtime.update(request, wanted, { hostPorts: ports, madeBefore: [] }, signal);
    const after = (await bench.look(request, proof)).facts;
    assert.deepEqual(after && { ...after, metrics: null }, {
      ...before,
      metrics: null,
      cpuCores: 2,
      freePorts: before.freePorts - 2,
      rootDiskBytes: 2 ** 31,
      disks: [
        { name: 'data', sizeGib: 2 },
        { name: 'more', sizeGib: 1 },
      ],
      nics: [
        {
          name: 'eth0',
          mac: nic.mac,
          forwards: [forward(portB, 22), forward(portA, 80)].toSorted((a, b) => a.hostPort - b.hostPort),
        },
        { name: 'eth1', mac: '52:54:00:12:34:57', forwards: [forward(portC, 22)] },
      ],
    });
  });

  check(
    'a host port that is taken is not forwarded in place, and what was forwarded still is (port_conflict)',
    async (bench) => {
      const { runtime, freePort, spec } = bench.world;
      const [taken, own] = [await freePort(), await freePort()];
      const forward = (hostPort: number, guestPort: number) =>
        ({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort, guestPort }) as const;
      await bench.start({ nics: [aNic({ forwards: [forward(taken, 22)] })] });
      const { request, proof } = await bench.start({ nics: [aNic({ forwards: [forward(own, 22)] })] });
      const wanted = spec({ nics: [aNic({ forwards: [forward(own, 22), forward(taken, 80)] })] });
      await assert.rejects(runtime.update(request, wanted, { hostPorts: {}, madeBefore: [] }, signal), (error) => {
        assert.equal(faultCode(error), 'port_conflict');
        return error instanceof Fault && error.details['host_port'] === taken;
      });
      const { facts } = await bench.look(request, proof);
      assert.deepEqual(facts?.nics[0]?.forwards, [forward(own, 22)]);
    },
  );
}

export function memoryAndDiskChecks(check: Check): void {
  check('memory changes both ways inside the headroom once the guest follows', async (bench) => {
    const { world } = bench;
    const { request, proof } = await bench.start({ memoryMib: 256, memoryMaxMib: 512 });
    await world.runtime.resume(request, signal);
    await bench.untilReady(request);
    for (const memoryMib of [384, 256, 192]) {
      const wanted = world.spec({ memoryMib, memoryMaxMib: 512 });
      await world.until(`${memoryMib} MiB`, async () => {
        const { facts } = await bench.look(request, proof);
        if (facts?.memoryMib === memoryMib) return true;
        await world.runtime.update(request, wanted, { hostPorts: {}, madeBefore: [] }, signal);
        return false;
      });
    }
    const { facts } = await bench.look(request, proof);
    assert.equal(facts?.memoryMaxMib, 512);
    assert.ok(facts.memoryMinMib <= 192);
  });

  check('disks survive incarnations and images; only replaceRoot re-makes the root disk', async (bench) => {
    const { world } = bench;
    const spec = { diskGib: 2, disks: [aDisk()] };
    const { request, proof } = await bench.start(spec, world.withRoot);
    await world.runtime.kill(request, proof, signal);
    await world.runtime.clear(request, signal);
    const again = { ...request, spec: world.spec({ ...spec, diskGib: 1 }), incarnationId: bench.incarnationId() };
    await world.runtime.realise({ ...again, replaceRoot: false, madeBefore: [] }, signal);
    const second = await world.runtime.spawn(again, signal);
    assert.equal((await bench.look(again, second)).facts?.rootDiskBytes, 2 ** 31, 'never shrunk');
    await world.runtime.kill(again, second, signal);
  });

  check('a disk that was made before and is gone is volume_unavailable, never a new one', async (bench) => {
    const { world } = bench;
    const spec = { diskGib: 2, disks: [aDisk(), aDisk({ name: 'scratch', ephemeral: true })] };
    const { request, proof } = await bench.start(spec, world.withRoot);
    const missing = () => world.runtime.missingDisks(request, ['root', 'data', 'unheard-of']);
    assert.deepEqual(await missing(), ['unheard-of'], 'while its process has them');
    await world.runtime.kill(request, proof, signal);
    assert.deepEqual(await missing(), ['unheard-of']);
    await world.runtime.remove(request, signal);
    assert.deepEqual(await missing(), ['root', 'data', 'unheard-of']);
    const realise = (madeBefore: readonly string[], replaceRoot = false) =>
      world.runtime.realise({ ...request, replaceRoot, madeBefore }, signal);
    for (const lost of [['root'], ['data']]) {
      await assert.rejects(realise(lost), (error) => faultCode(error) === 'volume_unavailable', lost.join());
    }
    await realise(['root'], true);
  });
}

export function removedDiskChecks(check: Check): void {
  check(
    'a disk that is removed is gone with what it held; one of its name is another one, smaller if so wanted',
    async (bench) => {
      const { world } = bench;
      const spec = { disks: [aDisk({ sizeGib: 2 }), aDisk({ name: 'kept' })] };
      const { request, proof } = await bench.start(spec);
      const { runtime } = world;
      await assert.rejects(runtime.removeDisks(request, ['data'], signal), (e) => faultCode(e) === 'still_running');
      await runtime.kill(request, proof, signal);
      await runtime.clear(request, signal);
      for (let call = 0; call < 2; call += 1) await runtime.removeDisks(request, ['data', 'unheard-of'], signal);
      const realise = (madeBefore: readonly string[], disks = [aDisk(), aDisk({ name: 'kept' })]) =>
        runtime.realise({ ...request, spec: world.spec({ disks }), replaceRoot: false, madeBefore }, signal);
      await assert.rejects(realise(['data']), (error) => faultCode(error) === 'volume_unavailable', 'it is gone');
      await realise(['kept']);
      const again = { ...request, spec: world.spec({ disks: [aDisk(), aDisk({ name: 'kept' })] }) };
      const next = { ...again, incarnationId: bench.incarnationId() };
      const second = await runtime.spawn(next, signal);
      const { facts } = await bench.look(next, second);
      assert.deepEqual(facts?.disks, [
        { name: 'data', sizeGib: 1 },
        { name: 'kept', sizeGib: 1 },
      ]);
    },
  );
}

export function consoleChecks(check: Check): void {
  check(
    'viewers get history, then live output; a slow one skips with a marker and nobody waits for it',
    async (bench) => {
      const { world } = bench;
      const { request } = await bench.start({});
      const slow: string[] = [];
      let release = noop;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await world.runtime.attachConsole(
        request,
        0,
        async (data) => {
          slow.push(Buffer.from(data).toString());
          await held;
        },
        noop,
      );
      await world.runtime.resume(request, signal);
      await bench.untilReady(request);
      let late = '';
      let closed = false;
      const attachment = await world.runtime.attachConsole(
        request,
        100_000,
        (data) => {
          late += Buffer.from(data).toString();
        },
        () => {
          closed = true;
        },
      );
      await world.until('the history', async () => late.includes(world.readyText));
      assert.ok(attachment.historyBytes > 0);
      const history = late.slice(0, attachment.historyBytes);
      // What is on the serial line already may still be on its way into the log.
      await world.until('the log to have the history', async () => {
        const log = await world.runtime.readLog(request, 100_000);
        return Buffer.from(log).toString().startsWith(history);
      });
      attachment.write(Buffer.from('echo typed-$((40+2))\n'));
      await world.until('the answer of the shell', async () => late.includes('typed-42'));
      assert.equal(late.split(world.readyText).length, 2, 'nothing twice');
      assert.equal(slow.length, 1, 'the slow viewer is still at its first piece');
      release();
      await world.until('the slow viewer to catch up', async () => slow.join('').includes('typed-42'));
      attachment.close();
      await world.until('the viewer to be told', async () => closed);
    },
  );
}
