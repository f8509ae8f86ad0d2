import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { VmSpec } from '../../../core/instance/spec.ts';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import { type Fault, faultCode } from '../../../core/kit/fault.ts';
import type { SpawnRequest, VmArtefacts } from '../../../ports/runtime.ts';
import { documentLimits } from '../../../wire/manifest/limits.ts';
import { SOCKETS } from './layout.ts';
import { diskDevice, instanceUser } from './names.ts';
import { connectQmp } from './qmp-client.ts';
import { guestArtefacts, whyNoQemu } from './testing/guest.ts';
import { openQemu, type QemuUnderTest } from './testing/open-qemu.ts';
import { hostTscKhz } from './tsc-khz.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'holdfast-probe-'));
const signal = new AbortController().signal;
const nic = { name: 'eth0', network: 'user', mac: '52:54:00:12:34:56', forwards: [] };
/** The whole line: the guest writes it piece by piece. */
const readyLine = /^HOLDFAST-GUEST-READY .*\r?\n/m;
const isRoot = process.getuid?.() === 0;

describe('guests on real QEMU', { skip: whyNoQemu() }, () => {
  let qemu: QemuUnderTest;
  let artefacts: Awaited<ReturnType<typeof guestArtefacts>>;

  before(async () => {
    qemu = await openQemu(cacheDir);
    artefacts = await guestArtefacts();
  });
  after(async () => {
    try {
      assert.deepEqual(await qemu.leftovers(), [], 'nothing is left');
    } finally {
      await qemu.stop();
      rmSync(cacheDir, { recursive: true, force: true });
    }
  });

  async function boot(fields: Partial<VmSpec>, from: VmArtefacts) {
    const uid = asUid(qemu.random.uuid());
    const incarnationId = asIncarnationId(qemu.random.uuid());
    const spec = qemu.spec(fields);
    const request: SpawnRequest = { uid, name: 'guest', incarnationId, spec, artefacts: from, hostPorts: {} };
    await qemu.runtime.realise({ ...request, replaceRoot: false, madeBefore: [] }, signal);
    const proof = await qemu.runtime.spawn(request, signal);
    await qemu.runtime.resume(request, signal);
    const log = async () => Buffer.from(await qemu.runtime.readLog(request, 100_000)).toString();
    return {
      request,
      proof,
      log,
      async untilReady(): Promise<string> {
        await qemu.until('the marker of the guest', async () => readyLine.test(await log()));
        return readyLine.exec(await log())?.[0] ?? '';
      },
      async [Symbol.asyncDispose]() {
        await qemu.runtime.kill(request, proof, signal);
        await qemu.runtime.remove(request, signal);
      },
    };
  }

  test('a disk boots through SeaBIOS and reads its seed: name, keys, user data', async () => {
    const cloudInit = {
      userData: '#cloud-config\nruncmd:\n  - [ sh, -c, "echo ran-$((40+2)) > /dev/ttyS0" ]\n',
      networkConfig: null,
      sshAuthorizedKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1 "quoted" key'],
      hostname: 'web-1',
    };
    const disk = { root: artefacts.withRoot.root, kernel: null, initrd: null };
    await using guest = await boot({ cloudInit, memoryMib: 192 }, disk);
    const marker = await guest.untilReady();
    assert.match(marker, /hostname=web-1 /);
    assert.match(marker, new RegExp(`instance_id=${guest.request.uid}-[0-9a-f]{12} `));
    assert.match(marker, /root=disk/);
    await qemu.until('the user data to run', async () => (await guest.log()).includes('ran-42'));
  });

  test('microvm boots a kernel, also on a busy host, has no headroom and obeys the power button', async (t) => {
    if (hostTscKhz() === null) return t.skip('the rate of the time stamp counter of this host is not known');
    await using guest = await boot(
      { machine: 'microvm', cmdline: 'console=ttyS0', cpuCoresMax: 4, memoryMaxMib: 1024, nics: [nic] },
      artefacts.direct,
    );
    await guest.untilReady();
    assert.doesNotMatch(await guest.log(), /could not calculate TSC khz/);
    const { facts } = await qemu.runtime.observe(guest.request, guest.proof, signal);
    assert.deepEqual([facts?.cpuCoresMax, facts?.memoryMaxMib], [1, 128]);
    assert.deepEqual(facts?.nics, [{ name: 'eth0', mac: nic.mac, forwards: [] }]);
    await qemu.runtime.powerDown(guest.request, signal);
    await qemu.until('the power-off', async () => {
      const { monitor } = await qemu.runtime.observe(guest.request, guest.proof, signal);
      return monitor.kind === 'answered' && monitor.state === 'powered_off';
    });
  });

  test('of a microvm too its disks are seen, and the root disk and data disks grow while it runs (S11)', async () => {
    const disk = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
    const cloudInit = { userData: null, networkConfig: null, sshAuthorizedKeys: [], hostname: 'small' };
    await using guest = await boot({ machine: 'microvm', disks: [disk], cloudInit }, artefacts.withRoot);
    const disks = async () => {
      const { facts } = await qemu.runtime.observe(guest.request, guest.proof, signal);
      return [facts?.rootDiskBytes, facts?.disks];
    };
    assert.deepEqual(await disks(), [artefacts.withRoot.root?.virtualSizeBytes, [{ name: 'data', sizeGib: 1 }]]);
    const grown = qemu.spec({ ...guest.request.spec, diskGib: 1, disks: [{ ...disk, sizeGib: 2 }] });
    await qemu.runtime.update(guest.request, grown, { hostPorts: {}, madeBefore: ['data'] }, signal);
    assert.deepEqual(await disks(), [2 ** 30, [{ name: 'data', sizeGib: 2 }]]);
  });

  test('a disk and a kernel boot through OVMF where it is installed, with the least memory that a manifest may say', async (t) => {
    const { firmwares } = await qemu.runtime.capabilities(signal);
    if (!firmwares.includes('ovmf')) return t.skip('OVMF is not installed');
    const disk = { root: artefacts.withRoot.root, kernel: null, initrd: null };
    const least = { firmwareId: 'ovmf', memoryMib: documentLimits.ovmfMemoryMib } as const;
    await using guest = await boot(least, disk);
    assert.match(await guest.untilReady(), /root=disk/);
    assert.match(await guest.log(), /EFI stub: Loaded initrd/);
    await using direct = await boot(least, artefacts.direct);
    assert.match(await direct.untilReady(), /root=ram/);
    // The kernel is quiet; SeaBIOS never clears the serial line's screen, UEFI does.
    assert.ok((await direct.log()).includes('\u001b[2J'));
  });

  test('the process has no privileges, and its files are closed to everybody else (spec §12)', async (t) => {
    if (!isRoot) return t.skip('needs root');
    await using guest = await boot(
      { cloudInit: { userData: 'secret', networkConfig: null, sshAuthorizedKeys: [], hostname: null } },
      artefacts.withRoot,
    );
    const { uid } = instanceUser(guest.request.uid);
    const status = readFileSync(`/proc/${guest.proof.pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}`, 'm'));
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
    const dir = join(qemu.instancesDir, guest.request.uid);
    for (const name of readdirSync(dir).filter((file) => !/^(base|kernel|initrd)-/.test(file))) {
      assert.equal(statSync(join(dir, name)).mode & 0o007, 0, `${name} is closed to others`);
    }
    assert.equal(statSync(dir).uid, 0, 'the process cannot add or remove files');
    assert.equal(statSync(dir).mode & 0o777, 0o710);
  });

  test('S11 files taken from under the disks of a live process are found, by disk; put back, they are well again', async () => {
    const data = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
    await using guest = await boot({ disks: [data] }, artefacts.withRoot);
    const dir = join(qemu.instancesDir, guest.request.uid);
    const lost = async () => (await qemu.runtime.observe(guest.request, guest.proof, signal)).facts?.lostFiles;
    await qemu.until('the monitor', async () => (await lost()) !== undefined);
    assert.deepEqual(await lost(), []);
    renameSync(join(dir, 'root.qcow2'), join(dir, 'elsewhere'));
    assert.deepEqual(await lost(), [{ disk: 'root', how: 'gone' }]);
    writeFileSync(join(dir, 'root.qcow2'), '');
    rmSync(join(dir, 'disk-data.qcow2'));
    const both = [
      { disk: 'root', how: 'replaced' },
      { disk: 'data', how: 'gone' },
    ];
    assert.deepEqual(await lost(), both);
    await qemu.restartAgent();
    await qemu.until('the monitor again', async () => (await lost()) !== undefined);
    assert.deepEqual(await lost(), both, 'also for an agent that never saw them in their places');
    renameSync(join(dir, 'elsewhere'), join(dir, 'root.qcow2'));
    assert.deepEqual(await lost(), [{ disk: 'data', how: 'gone' }]);
    const gone = { hostPorts: {}, madeBefore: ['data'] };
    await qemu.runtime.update(guest.request, guest.request.spec, gone, signal);
    assert.equal(existsSync(join(dir, 'disk-data.qcow2')), false, 'a change in place makes no empty one instead');
    const more = { ...guest.request.spec, disks: [data, { ...data, name: 'more' }] };
    const lostBefore = { hostPorts: {}, madeBefore: ['data', 'more'] };
    const plugging = qemu.runtime.update(guest.request, more, lostBefore, signal);
    await assert.rejects(plugging, (error) => faultCode(error) === 'volume_unavailable');
    assert.equal(existsSync(join(dir, 'disk-more.qcow2')), false, 'nor is one plugged in');
  });

  test('KVM asked for by name is refused with the reason where it cannot run guests', async (t) => {
    const { accel, accelBecause } = await qemu.runtime.capabilities(signal);
    assert.match(accelBecause, /^KVM probe: ./);
    if (accel === 'kvm') return t.skip('KVM works here');
    await assert.rejects(boot({ accel: 'kvm' }, artefacts.direct), (error) => {
      assert.equal(faultCode(error), 'hypervisor_spawn_failed');
      assert.match(String(error), /accel kvm is not usable here \(KVM probe: /);
      assert.match(String((error as Fault).details['next_action']), /accel auto or tcg/);
      return true;
    });
    for (const { uid } of await qemu.runtime.scan(signal)) await qemu.runtime.remove({ uid, name: '' }, signal);
  });

  test('a processor can be added to a guest that has run for a while, and the guest goes on', async () => {
    const uplink = { ...nic, forwards: [] };
    await using guest = await boot({ cpuCoresMax: 5, memoryMib: 192, nics: [uplink] }, artefacts.direct);
    await guest.untilReady();
    // By now the translated code of its kernel has filled the cache of TCG more than once.
    await qemu.until('a lease', async () => (await guest.log()).includes('HOLDFAST-GUEST-NETWORK'));
    for (const cpuCores of [2, 3, 4, 5]) {
      const wanted = qemu.spec({ ...guest.request.spec, cpuCores });
      await qemu.runtime.update(guest.request, wanted, { hostPorts: {}, madeBefore: [] }, signal);
      const { facts, monitor } = await qemu.runtime.observe(guest.request, guest.proof, signal);
      assert.deepEqual([facts?.cpuCores, monitor], [cpuCores, { kind: 'answered', state: 'running' }]);
    }
    assert.equal((await qemu.host.proveProcess(guest.proof)).life, 'alive');
  });

  test('all of the headroom can be reached, also where it is no multiple of a memory block of the guest (§2)', async () => {
    const sizes = [
      { memoryMib: 192, memoryMaxMib: 384 },
      { memoryMib: 128, memoryMaxMib: 192 },
    ];
    for (const { memoryMib, memoryMaxMib } of sizes) {
      await using guest = await boot({ memoryMib, memoryMaxMib }, artefacts.direct);
      await guest.untilReady();
      for (const wantedMib of [memoryMaxMib, memoryMaxMib - 10, memoryMib, memoryMaxMib]) {
        const wanted = qemu.spec({ ...guest.request.spec, memoryMib: wantedMib });
        await qemu.until(`${wantedMib} of ${memoryMib} to ${memoryMaxMib} MiB`, async () => {
          const { facts } = await qemu.runtime.observe(guest.request, guest.proof, signal);
          if (facts?.memoryMib === wantedMib) return true;
          await qemu.runtime.update(guest.request, wanted, { hostPorts: {}, madeBefore: [] }, signal);
          return false;
        });
      }
    }
  });

  test('what a guest prints is in its log as it printed it, however busy the agent is', async () => {
    await using guest = await boot({}, artefacts.direct);
    await guest.untilReady();
    const ignore = () => {};
    const console = await qemu.runtime.attachConsole(guest.request, 0, ignore, ignore);
    console.write(Buffer.from('seq 1 3000; echo counted-$((40+2))\n'));
    const asleep = new Int32Array(new SharedArrayBuffer(4));
    await qemu.until('the guest to have counted', async () => {
      Atomics.wait(asleep, 0, 0, 200);
      return (await guest.log()).includes('counted-42');
    });
    console.close();
    const numbers = (await guest.log()).split(/[\r\n]+/).filter((line) => /^\d+$/.test(line));
    assert.deepEqual(
      numbers,
      Array.from({ length: 3000 }, (_, index) => String(index + 1)),
    );
  });

  test('a disk is plugged in that lost its device by hand, or that an agent was cut short in plugging in (S11)', async () => {
    const disk = { name: 'late', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
    await using guest = await boot({}, artefacts.direct);
    await guest.untilReady();
    const wanted = qemu.spec({ ...guest.request.spec, disks: [disk] });
    const plug = () => qemu.runtime.update(guest.request, wanted, { hostPorts: {}, madeBefore: [] }, signal);
    const disks = async () => (await qemu.runtime.observe(guest.request, guest.proof, signal)).facts?.disks;
    await plug();
    assert.deepEqual(await disks(), [{ name: 'late', sizeGib: 1 }]);
    const byHand = await connectQmp(qemu.clock, `/proc/${guest.proof.pid}/cwd/${SOCKETS.debug}`, () => {}, signal);
    await byHand.execute('device_del', { id: diskDevice('late') });
    byHand.close();
    // Its block node stays behind.
    await qemu.until('the guest to give the disk up', async () => (await disks())?.length === 0);
    await plug();
    assert.deepEqual(await disks(), [{ name: 'late', sizeGib: 1 }]);
  });

  test('adding a disk finds a port each time until none is free, and says so', async () => {
    await using guest = await boot({}, artefacts.direct);
    const disk = (name: string) => ({ name, sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false });
    const disks = ['a', 'b', 'c', 'd', 'e'].map(disk);
    const wanted = qemu.spec({ disks });
    await assert.rejects(
      qemu.runtime.update(guest.request, wanted, { hostPorts: {}, madeBefore: [] }, signal),
      (error) => {
        return faultCode(error) === 'restart_required';
      },
    );
    const { facts } = await qemu.runtime.observe(guest.request, guest.proof, signal);
    assert.deepEqual(
      facts?.disks.map(({ name }) => name),
      ['a', 'b', 'c', 'd'],
    );
  });
});
